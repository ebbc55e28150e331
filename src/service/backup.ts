// Copies the database while the daemon runs.
import { existsSync, statSync } from 'node:fs';
import type { BackupView } from '../api/schemas/clean.ts';
import { BabysitError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';

/** `path` must not exist. Throws BabysitError usage. */
export async function backup(store: Store, path: string): Promise<BackupView> {
  if (existsSync(path)) throw new BabysitError('usage', `path: ${path} already exists`, { path });
  try {
    await store.backup(path);
  } catch (error) {
    throw new BabysitError('usage', `path: cannot write ${path}: ${(error as Error).message}`, { path });
  }
  return { path, bytes: statSync(path).size };
}
