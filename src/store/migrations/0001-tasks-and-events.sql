-- Tasks, their environments, their events.
CREATE TABLE tasks (
  id           TEXT PRIMARY KEY,
  name         TEXT NOT NULL,
  owner        TEXT,
  project      TEXT NOT NULL,
  status       TEXT NOT NULL,
  submitted_at INTEGER NOT NULL,
  ended_at     INTEGER,
  body         TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX live_names ON tasks (name) WHERE ended_at IS NULL;
CREATE INDEX tasks_by_name ON tasks (name, submitted_at);
CREATE INDEX tasks_by_project ON tasks (project, submitted_at);
CREATE INDEX tasks_by_end ON tasks (ended_at);

-- A separate table, so that no query of tasks can return a secret of the caller.
CREATE TABLE environments (
  task_id TEXT PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
  body    TEXT NOT NULL
) STRICT;

CREATE TABLE events (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  at      INTEGER NOT NULL,
  event   TEXT NOT NULL,
  body    TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_task ON events (task_id, seq);
