-- Events to be delivered to the targets of notify.targets and to --on_end commands.
CREATE TABLE deliveries (
  target TEXT NOT NULL,
  seq INTEGER NOT NULL,
  task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  error TEXT,
  done_at INTEGER,
  PRIMARY KEY (target, seq)
) WITHOUT ROWID;
CREATE INDEX deliveries_by_task ON deliveries (task_id);
CREATE INDEX deliveries_open ON deliveries (target, seq) WHERE done_at IS NULL;

-- The events up to this one have been compared with the targets.
CREATE TABLE delivery_position (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL);
INSERT INTO delivery_position SELECT 1, coalesce(max(seq), 0) FROM events;
