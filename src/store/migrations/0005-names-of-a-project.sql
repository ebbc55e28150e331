-- Names are unique among the live tasks of a project, not of the host.
DROP INDEX live_names;
CREATE UNIQUE INDEX live_names ON tasks (project, name) WHERE ended_at IS NULL;
DROP INDEX tasks_by_name;
CREATE INDEX tasks_by_name ON tasks (name, project, id);
