-- Holds of people, and events that belong to no task.
CREATE TABLE holds (
  scope TEXT NOT NULL,
  of    TEXT NOT NULL,
  body  TEXT NOT NULL,
  PRIMARY KEY (scope, of)
) STRICT, WITHOUT ROWID;

-- `seq` is taken from the sequence of `events`, so that one cursor serves both.
CREATE TABLE host_events (
  seq  INTEGER PRIMARY KEY,
  at   INTEGER NOT NULL,
  event TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
