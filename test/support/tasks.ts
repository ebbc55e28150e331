// Submits tasks through the CLI, and asks the daemon about them.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecords } from '../../src/exec/records.ts';
import { SMALL } from './budget.ts';
import { type Json, jsonAmong, jsonLine, lastJson } from './cli.ts';
import { exchange } from './daemon-api.ts';
import type { TestHome } from './home.ts';

/** Submits a small task and asserts that it was accepted. */
export async function submit(home: TestHome, name: string, line: string, ...flags: string[]): Promise<void> {
  const argv = ['run', ...SMALL, ...flags, `--name=${name}`, `--command=${line}`];
  const { code, stdout, stderr } = await home.run(argv);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `queued: ${name}\n`);
}

/** Runs a small task to its end: the result of `run --wait`, its terminal object and its events. */
export async function runToEnd(home: TestHome, line: string, ...flags: string[]) {
  const result = await home.run(['run', '--wait', ...SMALL, ...flags, `--command=${line}`]);
  return { ...result, task: lastJson(result.stdout), events: jsonAmong(result.stderr) };
}

/** Every field of a task, as `status --full` prints it. Starts the daemon when none lives. */
export async function show(home: TestHome, ref: string): Promise<Json> {
  const query = new URLSearchParams({ project: home.work });
  const path = `/v1/tasks/${encodeURIComponent(ref)}?${query}`;
  const answer = await exchange(home.dir, 'GET', path).catch(() => null);
  if (answer?.code === 200) return JSON.parse(answer.content);
  const { stdout, stderr } = await home.run(['status', ref, '--full', '--json']);
  assert.notEqual(stdout, '', stderr);
  return jsonLine(stdout);
}

export async function hasStarted(home: TestHome, ref: string): Promise<boolean> {
  return (await show(home, ref)).started_at !== null;
}

/** The supervisor of the first attempt has closed its record. */
export function isClosed(home: TestHome, id: unknown): boolean {
  return readRecords(join(home.dir, 'tasks', String(id), '1')).closedAt !== null;
}

/** A line of bash that ends when the file appears. It waits without a fork, which is slow in a guest. */
export function until(file: string): string {
  return `exec 9<> <(:); until [ -e ${file} ]; do read -rt 0.05 -u 9 || :; done`;
}

/** The text of a file that a task writes, without the last line end; empty while there is no such file. */
export function read(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
}

/** All the cores that tasks may reserve. */
export async function wholeHost(home: TestHome): Promise<number> {
  return Number(jsonLine((await home.run(['status'])).stdout).cpu_limit_cores);
}

/** Flags of a task that leaves no core to another one. */
export async function wholeHostFlags(home: TestHome): Promise<string[]> {
  return [
    '--estimated_mem_bytes=10M',
    '--cpu_pct_limit=100',
    `--estimated_cpu_cores=${await wholeHost(home)}`,
  ];
}
