-- The last runs of each key of a command, for estimates. They outlive the tasks that `clean` removes. `key` is a salted hash:
-- the table holds no text of a command. `body`: one record of 12 bytes for each run, oldest first. `seq` orders by last use.
CREATE TABLE learned_runs (
  key  INTEGER PRIMARY KEY,
  seq  INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX learned_runs_by_use ON learned_runs (seq);

CREATE TABLE learning (
  salt     BLOB NOT NULL,
  -- 1 once the tasks that ended before this table existed have been learned.
  is_begun INTEGER NOT NULL
) STRICT;
INSERT INTO learning SELECT randomblob(32), 0;
