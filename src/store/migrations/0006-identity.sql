-- The identity of the database: names the cgroups of its tasks and ties it to the directory tasks/.
CREATE TABLE identity (
  id    TEXT PRIMARY KEY,
  -- Counts the writes that replace a transaction whose fsync failed.
  seals INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO identity VALUES (lower(hex(randomblob(16))), 0);

-- Removed tasks whose files may still exist. Files of a task that is neither here nor in `tasks` are never removed.
CREATE TABLE removals (
  task_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
