-- Limits, CPUs and terminal of the caller.
UPDATE tasks SET body = json_set(body, '$.inherited', json('{"rlimits":{},"cpus":null,"terminal":null}'));
