-- What the history reads of ended tasks. SQLite evaluates the expression when a task ends, and reads it from the index
-- (a fifth of the task), because the view and the index have the same one. A damaged body has none.
-- `->` keeps the text of a value. Numbers and strings that SQLite writes itself differ between its versions, and an entry that
-- one version made would then be missing for another one.
CREATE INDEX ended_runs_by_end ON tasks (
  ended_at,
  id,
  CASE WHEN json_valid(body) THEN json_object(
    'owner', body -> '$.owner',
    'project', body -> '$.project',
    'command', body -> '$.command',
    'estimate', body -> '$.estimate',
    'history', body -> '$.history',
    'submittedAt', body -> '$.submittedAt',
    'state', json_object(
      'status', body -> '$.state.status',
      'endedAt', body -> '$.state.endedAt',
      'reason', json(coalesce(body -> '$.state.kill.reason', body -> '$.state.reason')),
      'usage', body -> '$.state.usage',
      'startedAt', body -> '$.state.attempt.startedAt',
      'pausedMs', body -> '$.state.attempt.pausedMs'
    )
  ) END
) WHERE ended_at IS NOT NULL;

CREATE VIEW ended_runs AS
SELECT
  ended_at,
  id,
  CASE WHEN json_valid(body) THEN json_object(
    'owner', body -> '$.owner',
    'project', body -> '$.project',
    'command', body -> '$.command',
    'estimate', body -> '$.estimate',
    'history', body -> '$.history',
    'submittedAt', body -> '$.submittedAt',
    'state', json_object(
      'status', body -> '$.state.status',
      'endedAt', body -> '$.state.endedAt',
      'reason', json(coalesce(body -> '$.state.kill.reason', body -> '$.state.reason')),
      'usage', body -> '$.state.usage',
      'startedAt', body -> '$.state.attempt.startedAt',
      'pausedMs', body -> '$.state.attempt.pausedMs'
    )
  ) END AS run
FROM tasks WHERE ended_at IS NOT NULL;
