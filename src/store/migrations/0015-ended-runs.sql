-- What the history reads of ended tasks. SQLite evaluates the expression when a task ends, and reads it from the index
-- (a fifth of the task), because the view and the index have the same one. A damaged body has none.
CREATE INDEX ended_runs_by_end ON tasks (
  ended_at,
  id,
  CASE WHEN json_valid(body) THEN json_object(
    'owner', json_extract(body, '$.owner'),
    'project', json_extract(body, '$.project'),
    'command', json_extract(body, '$.command'),
    'estimate', json_extract(body, '$.estimate'),
    'history', json_extract(body, '$.history'),
    'submittedAt', json_extract(body, '$.submittedAt'),
    'state', json_object(
      'status', json_extract(body, '$.state.status'),
      'endedAt', json_extract(body, '$.state.endedAt'),
      'reason', coalesce(json_extract(body, '$.state.kill.reason'), json_extract(body, '$.state.reason')),
      'usage', json_extract(body, '$.state.usage'),
      'startedAt', json_extract(body, '$.state.attempt.startedAt'),
      'pausedMs', json_extract(body, '$.state.attempt.pausedMs')
    )
  ) END
) WHERE ended_at IS NOT NULL;

CREATE VIEW ended_runs AS
SELECT
  ended_at,
  id,
  CASE WHEN json_valid(body) THEN json_object(
    'owner', json_extract(body, '$.owner'),
    'project', json_extract(body, '$.project'),
    'command', json_extract(body, '$.command'),
    'estimate', json_extract(body, '$.estimate'),
    'history', json_extract(body, '$.history'),
    'submittedAt', json_extract(body, '$.submittedAt'),
    'state', json_object(
      'status', json_extract(body, '$.state.status'),
      'endedAt', json_extract(body, '$.state.endedAt'),
      'reason', coalesce(json_extract(body, '$.state.kill.reason'), json_extract(body, '$.state.reason')),
      'usage', json_extract(body, '$.state.usage'),
      'startedAt', json_extract(body, '$.state.attempt.startedAt'),
      'pausedMs', json_extract(body, '$.state.attempt.pausedMs')
    )
  ) END AS run
FROM tasks WHERE ended_at IS NOT NULL;
