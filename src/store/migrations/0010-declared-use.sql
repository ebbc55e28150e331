-- What the measured attempts of each owner reserved by their estimates, and what they used, decayed to `at`.
ALTER TABLE owner_use ADD COLUMN declared_cpu_core_ms REAL NOT NULL DEFAULT 0;
ALTER TABLE owner_use ADD COLUMN declared_mem_byte_ms REAL NOT NULL DEFAULT 0;
ALTER TABLE owner_use ADD COLUMN measured_cpu_core_ms REAL NOT NULL DEFAULT 0;
ALTER TABLE owner_use ADD COLUMN measured_mem_byte_ms REAL NOT NULL DEFAULT 0;
