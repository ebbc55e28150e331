// babysit log.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { waitUntil } from '../support/wait-until.ts';

const SMALL = ['--estimated_mem_bytes=50M', '--estimated_cpu_cores=0.1'];
const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `${from + i}\n`).join('');

describe('log', () => {
  it('is short by default, and as long as asked', async (t) => {
    const home = testHome(t);
    await home.run(['run', ...SMALL, '--wait', '--name=count', 'seq 100; echo oops >&2']);
    const log = async (...args: string[]) => (await home.run(['log', 'count', ...args])).stdout;
    assert.equal(await log(), `${lines(87, 100)}oops\n`);
    assert.equal(await log('--tail', '3'), `${lines(99, 100)}oops\n`);
    assert.equal(await log('--tail'), `${lines(87, 100)}oops\n`);
    assert.equal(await log('--head=2'), lines(1, 2));
    assert.equal(await log('--full'), `${lines(1, 100)}oops\n`);
    assert.equal(await log('--full', '--grep=^9.$'), lines(90, 99));
    assert.equal(await log('--grep=oops'), 'oops\n');
    const { name, lines: told } = jsonLine(await log('--json', '--tail=2'));
    assert.deepEqual([name, told], ['count', ['100', 'oops']]);
    assert.deepEqual(jsonLines(await log('--json', '--follow', '--tail=1')), [{ line: 'oops' }]);
  });

  it('follows until the task has ended', async (t) => {
    const home = testHome(t);
    const file = `${home.work}/go`;
    const script = `echo first; while [ ! -e ${file} ]; do sleep 0.02; done; echo last`;
    await home.run(['run', ...SMALL, '--name=f', script]);
    const following = home.start(['log', 'f', '--follow']);
    await waitUntil(() => following.stdout() === 'first\n', { deadlineMs: 15_000, what: 'the first line' });
    writeFileSync(file, '');
    const { code, stdout } = await following.done;
    assert.deepEqual([code, stdout], [0, 'first\nlast\n']);
  });

  it('gives the bytes as they are where stdout is no terminal', async (t) => {
    const home = testHome(t);
    await home.run(['run', ...SMALL, '--wait', '--name=c', "printf '\\033[31mred\\033[0m\\r\\n'"]);
    assert.equal((await home.run(['log', 'c'])).stdout, '\x1b[31mred\x1b[0m\r\n');
  });

  it('says so when there is no such task', async (t) => {
    const { code, stderr } = await testHome(t).run(['log', 'nobody']);
    assert.equal(code, 1);
    assert.equal(jsonLine(stderr).error, 'not_found');
  });
});
