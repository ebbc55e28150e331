// Submits tasks and asks about them through the CLI, as the integration tests do it.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecords } from '../../src/exec/records.ts';
import { isPidAlive } from '../../src/procfs/process-identity.ts';
import type { TestHome } from './home.ts';

/** The guests fork twenty-five times slower. */
export const PATIENCE = { deadlineMs: 60_000 };

export type Json = Record<string, unknown>;
export const small = ['--estimated_mem_bytes=32M', '--estimated_cpu_cores=0.1', '--estimated_time=60s'];

/** Runs a command to its end; the terminal object and what `wait` said meanwhile. */
export async function run(home: TestHome, flags: readonly string[], command: string) {
  const result = await home.run(['run', '--wait', ...small, ...flags, `--command=${command}`], PATIENCE);
  return { ...result, task: lastJson(result.stdout), events: jsonLines(result.stderr) };
}

export async function submit(
  home: TestHome,
  name: string,
  flags: readonly string[],
  command: string,
): Promise<void> {
  const result = await home.run(
    ['run', `--name=${name}`, ...small, ...flags, `--command=${command}`],
    PATIENCE,
  );
  assert.equal(result.code, 0, result.stderr);
  assert.equal(result.stdout, `queued: ${name}\n`);
}

export async function show(home: TestHome, name: string): Promise<Json> {
  const result = await home.run(['status', name, '--full', '--json'], PATIENCE);
  return lastJson(result.stdout);
}

export function jsonLines(text: string): Json[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

export function lastJson(text: string): Json {
  const last = jsonLines(text).at(-1);
  assert.ok(last !== undefined, `no JSON in: ${text}`);
  return last;
}

export function daemonPid(home: TestHome): number {
  return Number(readFileSync(join(home.dir, 'daemon.pid'), 'utf8'));
}

export const isAlive = isPidAlive;

/** The supervisor of the first attempt is done. */
export function isClosed(home: TestHome, id: unknown): boolean {
  return readRecords(join(home.dir, 'tasks', String(id), '1')).closedAt !== null;
}

export const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').trim() : '');
