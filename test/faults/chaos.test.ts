// The short chaos run; `node test/faults/chaos.ts --seed=N --kills=200` is the long one, and replays a seed.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { chaos } from './chaos.ts';

const KILLS = 12;

it('keeps every promise over kills of the daemon at random moments', { timeout: 300_000 }, async (t) => {
  const seed = Number(process.env.BABYSIT_CHAOS_SEED ?? Date.now() % 1_000_000);
  const { broken, tasks, runs, waits } = await chaos({
    seed,
    kills: KILLS,
    say: (line) => t.diagnostic(line),
  });
  t.diagnostic(`${tasks} tasks, ${runs} runs, ${waits} wait clients`);
  assert.deepEqual(broken, [], `seed ${seed}`);
  assert.ok(tasks > KILLS && runs > KILLS && waits > 0, `${tasks} tasks, ${runs} runs, ${waits} waits`);
});
