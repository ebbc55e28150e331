// The line of the agent in a job.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseUse } from './usage-file.ts';

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
