// Lines of /proc/<pid>/stat, hostile ones among them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { infoOf } from './process-table.ts';
import { isDead, parseStat, readStat } from './stat.ts';

const REST = '100 4242 4242 0 -1 4194304 250 0 0 0 4 3 2 1 20 0 1 0 346 3104768 392 18446744073709551615 1 1';

describe('/proc/<pid>/stat', () => {
  it('is read behind the last parenthesis: a name may hold anything', () => {
    const stat = parseStat(`718 (a) b (S 1 2) R ${REST}\n`) ?? assert.fail();
    const { field, ...named } = stat;
    assert.deepEqual(named, {
      pid: 718,
      name: 'a) b (S 1 2',
      state: 'R',
      ppid: 100,
      groupId: 4242,
      terminalGroup: stat.field(8),
      startTicks: 346,
    });
    assert.deepEqual([6, 7, 19, 26].map(field), [4242, 0, 0, 1]);
    assert.deepEqual(infoOf(stat, 't-1'), {
      pid: 718,
      ppid: 100,
      groupId: 4242,
      startTicks: 346,
      cpuUsec: 100_000,
      rssBytes: 392 * 4096,
      marker: 't-1',
    });
  });

  it('has no fields behind the place where it was cut off', () => {
    const stat = parseStat('7 (bash) S 1 7\n') ?? assert.fail();
    assert.deepEqual([stat.state, stat.ppid, stat.groupId, stat.startTicks], ['S', 1, 7, Number.NaN]);
  });

  for (const text of ['', '41', '41 40', 'recovered', '(x) S 1', '0 (x) S 1'])
    it(`is not "${text}"`, () => assert.equal(parseStat(text), null));

  it('says whether the process is dead', () => {
    assert.ok(isDead(parseStat(`718 (x) Z ${REST}`) ?? assert.fail()));
    assert.ok(!isDead(parseStat(`718 (x) T ${REST}`) ?? assert.fail()));
  });

  it('is that of the process asked for', {
    skip: process.platform === 'linux' ? false : '/proc is of Linux',
  }, () => {
    assert.equal(readStat(process.pid)?.ppid, process.ppid);
    assert.equal(readStat(2 ** 22 + 1), null);
  });
});
