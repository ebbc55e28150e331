// The line of the agent in a job.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { anAttempt } from '../../../test/support/build/build-task.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { listenToBell } from './bell.ts';
import { writeSharedFiles } from './job-files.ts';
import { JobNames } from './job-names.ts';
import { jobPlace } from './place.ts';
import { parseUse, readUse } from './usage-file.ts';

it('reads a whole line only', () => {
  const use = { memBytes: 10, peakMemBytes: 20, cpuUsec: 30, pids: 2, oomKills: 1, writtenAtMs: 5 };
  for (const time of ['1795937948.126', ''])
    assert.deepEqual(parseUse(`usage ${time} 10 20 30 2 1\n`, 5), use);
  for (const text of [
    '',
    'usage 1795937948.126 10 20 30 2 1',
    'usage 1795937948.126 10 20 30 2\n',
    'usage 1 2 3',
    'usage 1.5 -1 2 3 4\n',
  ])
    assert.equal(parseUse(text, 5), null);
});

/** `plant` puts something else in the place of a file of the shared directory. */
function files(t: TestContext, plant: (path: string) => void) {
  const tasksDir = tempDir(t);
  const dir = join(tasksDir, '1');
  for (const path of [`${dir}.usage`, `${dir}.signals`, join(tasksDir, '.bell')]) plant(path);
  mkdirSync(join(tasksDir, '.arrays'));
  plant(join(tasksDir, '.arrays', 'x'));
  return { tasksDir, dir };
}

it('waits at no FIFO that a task has put in the place of a file', (t) => {
  const { tasksDir, dir } = files(t, (path) => execFileSync('mkfifo', [path]));
  assert.equal(readUse(`${dir}.usage`), null);
  listenToBell(join(tasksDir, '.bell'), () => {})();
  const names = new JobNames('a', tasksDir);
  assert.equal(names.attemptOf({ id: '1_0', comment: names.arrayComment('x') }), null);
  names.writeList('x', ['T/1']);
  assert.equal(readFileSync(join(tasksDir, '.arrays', 'x'), 'utf8'), 'T/1\n');
  writeSharedFiles(tasksDir);
  assert.equal(readFileSync(join(tasksDir, '.bell'), 'utf8'), '');
  assert.equal(signalOf(dir), 0);
});

it('follows no link that a task has put in the place of a file', (t) => {
  const target = join(tempDir(t), 'target');
  writeFileSync(target, 'usage 1.5 1 2 3 4 5\n');
  const { dir } = files(t, (path) => symlinkSync(target, path));
  assert.equal(readUse(`${dir}.usage`), null);
  assert.equal(signalOf(dir), 0);
  assert.equal(readFileSync(target, 'utf8'), 'usage 1.5 1 2 3 4 5\n');
});

/** To how many processes the place of an attempt has sent a signal. */
function signalOf(dir: string): number {
  const facts = {
    isOver: () => false,
    loss: () => null,
    silent() {},
    destroy() {},
    suspend() {},
    resume() {},
  };
  return jobPlace(dir, anAttempt(), facts).group.signal('SIGTERM');
}
