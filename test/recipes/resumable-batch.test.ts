// Runs docs/guide/resumable-batch.md: stopped, killed, resumed, until every item is done.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { BABYSIT } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Fewer than on the page, for the time of the test. */
const ITEMS = 80;
const page = readFileSync(
  join(import.meta.dirname, '../../docs/guide/resumable-batch.md'),
  'utf8',
).replaceAll('200', String(ITEMS));
const blocks = [...page.matchAll(/^```sh ?(\S*)\n([\s\S]*?)^```$/gm)].map(([, file = '', text = '']) => ({
  file,
  text,
}));

/** The commands of the page, one block each, in their order. */
const [start, stop, resume, show, ...others] = blocks
  .filter(({ file }) => file === '')
  .map(({ text }) => text);

async function shell(home: TestHome, text = '') {
  const env = {
    ...home.env,
    BABYSIT_NODE: process.execPath,
    PATH: `${dirname(BABYSIT)}${delimiter}${process.env.PATH}`,
  };
  const child = spawn('bash', ['-c', text], { cwd: home.work, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => stdout.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => stderr.push(chunk));
  const [code] = await once(child, 'close');
  return { code: code as number | null, stdout: stdout.join(''), stderr: stderr.join('') };
}

/** The object of the ended task, which `wait` prints last. */
function terminal(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

function results(home: TestHome): string[] {
  const out = join(home.work, 'out');
  return existsSync(out) ? readdirSync(out).filter((file) => !file.endsWith('.new')) : [];
}

function worked(home: TestHome): string[] {
  return readFileSync(join(home.work, 'worked'), 'utf8').trim().split('\n');
}

/** Writes the files of the page, starts the batch and waits until it is at a random item. */
async function startBatch(t: TestContext): Promise<TestHome> {
  const home = testHome(t);
  for (const { file, text } of blocks) if (file !== '') writeFileSync(join(home.work, file), text);
  const { code, stderr } = await shell(home, start);
  assert.equal(code, 0, stderr);
  const stopAt = 2 + Math.floor(Math.random() * 30);
  await waitUntil(() => results(home).length >= stopAt, { what: `item ${stopAt}` });
  return home;
}

const all = Array.from({ length: ITEMS }, (_, n) => String(n + 1)).sort();

describe('the resumable batch', () => {
  it('has the expected blocks', () => {
    assert.deepEqual(others, []);
    assert.match(show ?? '', /^babysit heartbeat/);
  });

  it('is stopped between two items, resumed, and processes each item once', async (t) => {
    const home = await startBatch(t);
    const stopped = await shell(home, stop);
    assert.equal(stopped.code, 1, stopped.stderr);
    const { status, kill_reason, stopped_gracefully } = terminal(stopped.stdout);
    assert.deepEqual([status, kill_reason, stopped_gracefully], ['killed', 'manual', true]);
    const before = results(home).length;
    assert.ok(before > 0 && before < ITEMS, `${before} items done`);

    const resumed = await shell(home, resume);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(terminal(resumed.stdout).status, 'completed');
    assert.deepEqual(results(home).sort(), all);
    assert.deepEqual(worked(home).sort(), all.map((item) => `item ${item}`).sort());

    const { code, stdout } = await shell(home, show);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^timestamp,job_name,phase,items_total,items_done,items_failed,eta_minutes,rss_mb,cpu_pct\n/,
    );
  });

  it('is killed at a random item, resumed, and processes every item', async (t) => {
    const home = await startBatch(t);
    const killed = await shell(home, 'babysit kill --force batch && babysit wait batch');
    assert.equal(terminal(killed.stdout).status, 'killed');
    assert.ok(results(home).length < ITEMS);

    const resumed = await shell(home, resume);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.deepEqual(results(home).sort(), all);
    // At most the item under way is processed twice.
    assert.ok(worked(home).length <= ITEMS + 1, `${worked(home).length} times`);
  });
});
