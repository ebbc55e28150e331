// A directory for the files of one test or one suite, gone when that has ended.
import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesOf } from './processes.ts';
import { waitUntil } from './wait-until.ts';

/** A test context, or `{ after }` of node:test for a suite or a file. */
export interface Cleanup {
  after(clean: () => void | Promise<void>): void;
}

/**
 * `close` runs before the directory is removed. Fails the test when a process that names the directory stays, or when the
 * directory cannot be removed.
 */
export function tempDir(t: Cleanup, close: () => void | Promise<void> = () => {}): string {
  const dir = makeTempDir();
  t.after(async () => {
    await close();
    await processesLeave(dir);
    rmSync(dir, { recursive: true });
  });
  return dir;
}

/** Rejects when a process still names the directory after the deadline. */
export async function processesLeave(dir: string): Promise<void> {
  const hasNone = () => processesOf(dir).length === 0;
  await waitUntil(hasNone, { what: 'processes to leave' }).catch(() =>
    assert.deepEqual(processesOf(dir), [], 'processes of this test are left'),
  );
}

/** For callers that clean by themselves. The path is real and short: that of a socket may have 107 bytes. */
export function makeTempDir(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'bs-')));
}
