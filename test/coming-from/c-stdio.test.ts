// A C program that prints every second: silent in a pipe, which the stall warning explains; with --pty its output arrives.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { waitUntil } from '../support/wait-until.ts';

const SOURCE = join(import.meta.dirname, 'block-buffered.c');
const hasCompiler = spawnSync('cc', ['--version']).status === 0;
const FLAGS = ['run', ...SMALL];

describe('a C program that prints every second', {
  skip: hasCompiler ? false : 'there is no C compiler (cc)',
}, () => {
  it('is heard with --pty; without it, the warning names --pty', async (t) => {
    const home = testHome(t, { 'watchdog.monitor_interval': '200ms' });
    const program = join(home.work, 'every-second');
    execFileSync('cc', ['-o', program, SOURCE]);
    assert.equal((await home.run([...FLAGS, '--pty', '--name=heard', '--', program])).code, 0);

    const silent = await home.run([
      ...FLAGS,
      '--wait',
      '--observability_interval=5s',
      '--name=silent',
      '--',
      program,
    ]);
    assert.equal(jsonLine(silent.stdout).kill_reason, 'observability_stall');
    assert.equal((await home.run(['log', 'silent'])).stdout, '');
    const risk = jsonLines(silent.stderr.replace(/^queued: .*\n/, '')).find(
      ({ event }) => event === 'stall_risk',
    );
    assert.match(
      String(risk?.diagnosis),
      /^idle: every-second \(pid \d+.*\) sleeps on a timer, and its output may still be in a buffer$/,
    );
    assert.match(String(risk?.hint), /block-buffered.*--pty.*stdbuf -oL/);

    // Each line arrives while the program runs. A slow machine may take longer for one than the other was silent.
    const lines = async () => (await home.run(['log', 'heard', '--full'])).stdout.split('\r\n');
    await waitUntil(async () => (await lines()).includes('second 6'), { what: 'six lines' });
    assert.equal(jsonLine((await home.run(['status', 'heard'])).stdout).status, 'running');
  });
});
