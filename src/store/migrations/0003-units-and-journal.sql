-- Exec options for systemd units and the journal.
UPDATE tasks SET body = json_set(body, '$.manner.isUnit', json('false'), '$.manner.isJournaled', json('false'));
