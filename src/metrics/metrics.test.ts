// Counts and their text.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METRICS } from './catalog.ts';
import { Counts } from './counts.ts';
import { metricsText, type Readings } from './exposition.ts';

const NONE = Object.fromEntries(Object.keys(METRICS).map((name) => [name, []])) as unknown as Readings;
const linesOf = async (counts: Counts, readings: Readings = NONE) =>
  (await metricsText(counts, readings)).split('\n');

describe('counts', () => {
  it('begin at zero for each value of a single label, and add up', async () => {
    const counts = new Counts();
    counts.count('babysit_ends_total', { status: 'killed' });
    counts.count('babysit_ends_total', { status: 'killed' }, 2);
    counts.count('babysit_denials_total', { error: 'capacity_exceeded', dim: 'mem' });
    const lines = await linesOf(counts);
    for (const line of [
      '# TYPE babysit_ends_total counter',
      'babysit_ends_total{status="killed"} 3',
      'babysit_ends_total{status="failed"} 0',
      'babysit_denials_total{error="capacity_exceeded",dim="mem"} 1',
      'babysit_starts_total 0',
    ])
      assert.ok(lines.includes(line), line);
  });

  it('of a duration are cumulative, with sum and count', async () => {
    const counts = new Counts();
    for (const seconds of [0.5, 1, 20, 1e6]) counts.observe('babysit_queue_wait_seconds', seconds);
    const lines = (await linesOf(counts)).filter((line) => line.startsWith('babysit_queue_wait'));
    assert.deepEqual(
      lines.map((line) => line.replace('babysit_queue_wait_seconds', '')),
      [
        ...['0.1', '1', '5', '15', '60', '300', '900', '3600', '14400', '43200', '+Inf'].map(
          (le, index) => `_bucket{le="${le}"} ${[0, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4][index]}`,
        ),
        '_sum 1000021.5',
        '_count 4',
      ],
    );
  });

  it('print readings with escaped labels, and nothing for what is not known', async () => {
    const labels = { version: '1"\n', driver: 'v2' };
    const lines = await linesOf(new Counts(), { ...NONE, babysit_daemon_info: [{ labels, value: 1 }] });
    assert.ok(lines.includes('babysit_daemon_info{version="1\\"\\n",driver="v2"} 1'));
    assert.ok(!lines.some((line) => line.startsWith('babysit_host_disk_free_bytes ')));
  });
});
