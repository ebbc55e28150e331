-- The largest number of an event that was removed with its task: a reader of all events with an older cursor has a gap.
CREATE TABLE removed_events (seq INTEGER NOT NULL) STRICT;
INSERT INTO removed_events SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)
  WHERE (SELECT count(*) FROM events) < coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0);
INSERT INTO removed_events SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM removed_events);
