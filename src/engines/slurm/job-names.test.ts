// Jobs and elements of arrays find their attempts again, also for a daemon that did not submit them.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { SlurmJob } from './client/job-rows.ts';
import { JobNames } from './job-names.ts';

const row = (id: string, comment: string, state = 'PENDING') =>
  ({ id, comment, state, reason: '' }) as SlurmJob;

it('a job of its own, and the elements of an array, name their attempts', (t) => {
  const dir = tempDir(t);
  const names = new JobNames('db', dir);
  names.writeList('k1', ['A/1', 'B/3']);
  // Another daemon reads the list.
  for (const each of [names, new JobNames('db', dir)]) {
    assert.equal(each.attemptOf(row('7', each.comment('C/2'))), 'C/2');
    assert.equal(each.attemptOf(row('8_1', each.arrayComment('k1'))), 'B/3');
    assert.equal(each.attemptOf(row('8_2', each.arrayComment('k1'))), null);
    assert.equal(each.attemptOf(row('8_0', each.arrayComment('gone'))), null);
    assert.equal(each.attemptOf(row('9', 'babysit:other:C/2')), null);
    assert.equal(each.attemptOf(row('9', '')), null);
    assert.equal(each.arrayOf(row('8_1', each.arrayComment('k1'))), 'k1');
    assert.equal(each.arrayOf(row('7', each.comment('C/2'))), null);
  }
});

it('the newer job of an attempt counts, unless it is over and the older one is not', (t) => {
  const names = new JobNames('db', tempDir(t));
  names.writeList('k', ['A/1']);
  const older = row('9_0', names.arrayComment('k'));
  for (const [state, counts] of [
    ['RUNNING', '11'],
    ['CANCELLED', '9_0'],
  ] as const) {
    const newer = row('11', names.comment('A/1'), state);
    for (const jobs of [
      [newer, older, row('12', 'foreign')],
      [older, newer],
    ])
      assert.deepEqual(
        [...names.find(jobs)].map(([attempt, { id }]) => [attempt, id]),
        [['A/1', counts]],
      );
  }
});

it('the files of an array go with it, and a comment names no other file', async (t) => {
  const dir = tempDir(t);
  const names = new JobNames('db', dir);
  const list = names.writeList('k', ['A/1']);
  await names.forget('k');
  assert.equal(existsSync(list), false);
  assert.equal(names.outputOf('../../etc/x'), join(dir, '.arrays', '______etc_x.out'));
});
