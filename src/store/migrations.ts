// Reads the migrations of the schema: one .sql file per version, in src/store/migrations or dist/migrations.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = join(import.meta.dirname, 'migrations');

/**
 * The SQL at index n migrates from version n to n + 1. A released file never changes. Throws when a file is missing.
 */
export function readMigrations(directory = DIRECTORY): readonly string[] {
  const files = readdirSync(directory).filter((name) => name.endsWith('.sql'));
  const misplaced = files
    .sort()
    .findIndex((name, index) => Number(/^\d{4}(?=-)/.exec(name)?.[0]) !== index + 1);
  if (files.length === 0 || misplaced !== -1)
    throw new Error(
      `${directory}: migration ${Math.max(0, misplaced) + 1} is missing. Install babysit again`,
    );
  return files.map((name) => readFileSync(join(directory, name), 'utf8'));
}
