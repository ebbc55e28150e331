// Progress in the stream of events: at most one in ten seconds, and only after a change.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { taskId } from '../../../test/support/build/build-task.ts';
import type { Progress } from '../../core/progress.ts';
import type { TaskView } from '../schemas/task.ts';
import { PROGRESS_MS, streamProgress } from './progress-lines.ts';

it('sends changes, and not the passing of time', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const progress: Progress = {
    done: 3,
    total: 42,
    pct: 7.1,
    phase: null,
    failed: null,
    eta_s: 90,
    note: null,
    source: 'output',
  };
  let now: Progress | null = null;
  const sent: unknown[] = [];
  const view = () => ({ name: 'batch', progress: now }) as TaskView;
  const stop = streamProgress({ view }, taskId(1), (line) => sent.push([line.event, line.name, line.done]));
  assert.deepEqual(sent, []);
  for (const next of [progress, { ...progress, eta_s: 80 }, { ...progress, done: 4 }]) {
    now = next;
    t.mock.timers.tick(PROGRESS_MS);
  }
  assert.deepEqual(sent, [
    ['progress', 'batch', 3],
    ['progress', 'batch', 4],
  ]);
  stop();
  now = { ...progress, done: 5 };
  t.mock.timers.tick(PROGRESS_MS);
  assert.equal(sent.length, 2);
});
