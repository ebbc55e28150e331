-- Rename `manner` to `execOptions`, after systemd.exec(5).
UPDATE tasks SET body = json_remove(json_set(body, '$.execOptions', json_extract(body, '$.manner')), '$.manner');
