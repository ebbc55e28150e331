// babysit exec: a command behaves as it does without the word.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { BABYSIT } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { ROWS, type Row } from './exec-rows.ts';

const EXEC = [
  BABYSIT,
  'exec',
  '--quiet',
  '--estimated_mem_bytes=16M',
  '--estimated_cpu_cores=0.1',
  '--estimated_time=30s',
];
const WORDS = '"$'.concat('{W[@]}"');
/** `timeout` needs a command, not a function: W holds the words. */
const FUNCTIONS = 'X() { exec "$" "$@"; }; Y() { "$" "$@"; };'.replaceAll('"$"', WORDS);

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly end: unknown;
}

function run(home: TestHome, { line, stdin = '' }: Row, words: readonly string[]): Promise<Ran> {
  const dir = mkdtempSync(join(home.work, 'row-'));
  writeFileSync(join(dir, 'in'), stdin, 'latin1');
  const files = [
    openSync(join(dir, 'in'), 'r'),
    openSync(join(dir, 'out'), 'w'),
    openSync(join(dir, 'err'), 'w'),
  ];
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const child = spawn('bash', ['-c', `W=(${quoted}); ${FUNCTIONS} ${line}`], {
    cwd: home.work,
    env: { ...home.env, BABYSIT_NODE: process.execPath },
    stdio: files,
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  for (const fd of files) closeSync(fd);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({
        stdout: readFileSync(join(dir, 'out'), 'latin1'),
        stderr: readFileSync(join(dir, 'err'), 'latin1'),
        end: code ?? signal,
      }),
    );
  });
}

describe('babysit exec', () => {
  const home = testHome({ after });

  it('leaves output, errors and exit status of a command as they are', { concurrency: true }, async (t) => {
    assert.equal((await home.run(['daemon-start'])).code, 0);
    await t.test('rows', { concurrency: 4 }, async (rows) => {
      for (const row of ROWS)
        void rows.test(row.line, async () => {
          const [bare, under] = await Promise.all([
            run(home, row, ['env']),
            run(home, row, EXEC.concat('--')),
          ]);
          assert.deepEqual(
            { ...under, stdout: short(under.stdout) },
            { ...bare, stdout: short(bare.stdout) },
          );
          assert.ok(under.stdout === bare.stdout);
        });
    });
  });
});

function short(text: string): string {
  return text.length < 500 ? text : `${text.length} bytes, ${text.slice(0, 100)}`;
}
