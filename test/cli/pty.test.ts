// babysit run --pty: how a task ends does not depend on its terminal.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { submit } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

async function killed(home: TestHome, line: string): Promise<Record<string, unknown>> {
  await submit(home, 'x', line, '--pty');
  const isReady = async () => (await home.run(['log', 'x'])).stdout.includes('ready');
  await waitUntil(isReady, { what: 'the task' });
  assert.equal((await home.run(['kill', 'x'])).code, 0);
  return jsonLine((await home.run(['wait', 'x'])).stdout);
}

describe('a task with a terminal', () => {
  // SIGKILL must come after the end by itself, however late that is.
  const home = testHome({ after }, { 'watchdog.kill_grace': '10m' });

  it('has the whole grace to end by itself, and reports its own exit code', async () => {
    const { exit_code, stopped_gracefully } = await killed(
      home,
      `trap 'sleep 3; echo saved; exit 3' TERM; echo ready; while :; do sleep 0.1; done`,
    );
    assert.deepEqual([exit_code, stopped_gracefully], [3, true]);
    assert.match((await home.run(['log', 'x'])).stdout, /saved\r\n$/);
  });

  it('reports the signal that ended it', async () => {
    const { signal, stopped_gracefully } = await killed(home, 'echo ready; exec sleep 600');
    assert.deepEqual([signal, stopped_gracefully], ['SIGTERM', true]);
    const own = await home.run(['run', ...SMALL, '--pty', '--wait', 'kill -SEGV $$']);
    const { status, signal: fault } = jsonLine(own.stdout);
    assert.deepEqual([status, fault], ['failed', 'SIGSEGV']);
    const plain = await home.run(['run', ...SMALL, '--pty', '--wait', 'exit 7']);
    assert.equal(jsonLine(plain.stdout).exit_code, 7);
  });
});
