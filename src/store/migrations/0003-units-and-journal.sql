-- The exec options of systemd units and of the journal.
UPDATE tasks SET body = json_set(body, '$.manner.isUnit', json('false'), '$.manner.isJournaled', json('false'));
