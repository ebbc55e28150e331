-- What each owner has used, decayed to `at`, for fair share. It outlives the tasks that `clean` removes.
CREATE TABLE owner_use (
  owner       TEXT PRIMARY KEY,
  cpu_core_ms REAL NOT NULL,
  mem_byte_ms REAL NOT NULL,
  at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
