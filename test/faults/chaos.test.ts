// The short storm; `node test/faults/chaos.ts --seed=N --kills=200 --storm` is the long one, and replays a seed.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { chaos } from './chaos.ts';

const FAULTS = 10;

it('keeps every promise while the daemon and the processes around its tasks are killed and stopped', {
  timeout: 1_800_000,
}, async (t) => {
  const seed = Number(process.env.BABYSIT_CHAOS_SEED ?? Date.now() % 1_000_000);
  const { broken, tasks, runs, waits } = await chaos({
    seed,
    kills: FAULTS,
    isStorm: true,
    say: (line) => t.diagnostic(line),
  });
  t.diagnostic(`${tasks} tasks, ${runs} runs, ${waits} wait clients`);
  assert.deepEqual(broken, [], `seed ${seed}`);
  assert.ok(tasks > FAULTS && runs > FAULTS && waits > 0, `${tasks} tasks, ${runs} runs, ${waits} waits`);
});
