// Which of several engines offers the first start.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Engines } from './engines.ts';
import type { LocalEngine } from './local/local-engine.ts';
import type { QueueEngine } from './port.ts';

const NEED = { memBytes: 1, cpuCores: 1, killTimeoutMs: 1 };

it('takes the first start of the engines that were asked, and none where no engine says', async () => {
  const offering = (startMs: number | null) =>
    ({ expectedStart: async () => startMs }) as unknown as QueueEngine;
  const among = (starts: Readonly<Record<string, number | null>>) => {
    const others = Object.fromEntries(Object.entries(starts).map(([kind, at]) => [kind, offering(at)]));
    return new Engines({} as LocalEngine, '/tasks', others);
  };
  const kinds = ['local', 'slurm', 'next'] as unknown as ['slurm'];
  assert.deepEqual(await among({ slurm: 9, next: 5 }).soonest(kinds, NEED), { engine: 'next', startMs: 5 });
  assert.deepEqual(await among({ slurm: 9, next: 5 }).soonest(['slurm'], NEED), {
    engine: 'slurm',
    startMs: 9,
  });
  assert.deepEqual(await among({ slurm: null, next: 7 }).soonest(kinds, NEED), {
    engine: 'next',
    startMs: 7,
  });
  assert.equal(await among({ slurm: null }).soonest(kinds, NEED), null);
  assert.equal(await among({}).soonest(['local'], NEED), null);
});
