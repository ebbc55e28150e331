-- Fields of a task for the queue, retries and pauses; shared environments; leases; the inbox.
ALTER TABLE tasks ADD COLUMN key TEXT;
CREATE INDEX tasks_by_key ON tasks (project, key) WHERE key IS NOT NULL;
UPDATE tasks SET body = json_set(body, '$.priority', 0, '$.after', NULL, '$.retry', NULL, '$.key', NULL,
  '$.context', NULL, '$.tags', json('[]'), '$.requeue', json('false'),
  '$.manner', json('{"nice":null,"isBackground":false,"usesPty":false}'), '$.history', json('[]'), '$.retriedFrom', 0);
UPDATE tasks SET body = json_set(body, '$.limits.isStrict', json('false'));
UPDATE tasks SET body = json_set(body, '$.state.usage.peakCpuCores', NULL)
  WHERE json_type(body, '$.state.usage') = 'object';
UPDATE tasks SET body = json_set(body, '$.state.waitsFor', json('[]'), '$.state.notBefore', NULL)
  WHERE status = 'pending';
UPDATE tasks SET body = json_set(body, '$.state.attempt.pausedMs', 0)
  WHERE json_type(body, '$.state.attempt') = 'object';

-- Tasks of one caller share one environment: the text is stored once, under its SHA-256.
CREATE TABLE environment_texts (
  hash BLOB PRIMARY KEY,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE task_environments (
  task_id TEXT PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
  hash    BLOB NOT NULL REFERENCES environment_texts (hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_environments_by_hash ON task_environments (hash);
INSERT OR IGNORE INTO environment_texts SELECT sha256(body), body FROM environments;
INSERT INTO task_environments SELECT task_id, sha256(body) FROM environments;
DROP TABLE environments;

CREATE TABLE leases (
  id         TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL,
  body       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Events before this version count as seen.
CREATE TABLE inbox (
  task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  kind    TEXT NOT NULL,
  seq     INTEGER NOT NULL,
  owner   TEXT NOT NULL,
  project TEXT NOT NULL,
  is_told INTEGER NOT NULL,
  PRIMARY KEY (task_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_by_owner ON inbox (owner);
CREATE INDEX inbox_by_project ON inbox (project) WHERE is_told = 0;
