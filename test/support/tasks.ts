// Submissions that tests of the built command make again and again.
import assert from 'node:assert/strict';
import { jsonLine } from './cli.ts';
import type { TestHome } from './home.ts';

/** Leaves room for many others. */
export const SMALL = ['--estimated_mem_bytes=50M', '--estimated_cpu_cores=0.1'];
/** A test that waits longer has failed. */
export const SOON = { deadlineMs: 15_000 };

/** Submits a small task and asserts that it was taken. */
export async function submit(home: TestHome, name: string, line: string, ...flags: string[]): Promise<void> {
  const { code, stderr } = await home.run(['run', ...SMALL, ...flags, `--name=${name}`, line]);
  assert.equal(code, 0, stderr);
}

/** A line that ends when the file appears: no guessing at durations. */
export function until(file: string): string {
  return `while [ ! -e ${file} ]; do sleep 0.02; done`;
}

/** All the CPU that tasks may take, so that one of them fills the host. */
export async function wholeHost(home: TestHome): Promise<number> {
  return jsonLine((await home.run(['status'])).stdout).cpu_limit_cores as number;
}

/** Flags of a task that leaves no room beside it. */
export async function wholeHostFlags(home: TestHome): Promise<string[]> {
  return [
    '--estimated_mem_bytes=10M',
    '--cpu_pct_limit=100',
    `--estimated_cpu_cores=${await wholeHost(home)}`,
  ];
}

/** A task as `status` tells it. */
export async function taskOf(home: TestHome, ref: string): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await home.run(['status', ref]);
  assert.notEqual(stdout, '', stderr);
  return jsonLine(stdout);
}
