// The live stream over the real service: what a frame holds, when one is sent, and that it costs nothing without a reader.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type Frame, Frames } from '../../../cli/client/frames.ts';
import { serviceOf } from '../../../test/support/build/build-service.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { FRAME } from '../../api/schemas/observe/live.ts';
import { Plan } from '../../scheduler/plan.ts';
import { waitingView } from '../views/waiting-view.ts';

const names = (tasks: readonly { name: string }[]) => tasks.map(({ name }) => name);

function liveOf(t: TestContext) {
  const parts = serviceOf(t);
  const frames: Frame[] = [];
  const connection = new Frames();
  const stop = parts.service.live((line) => {
    frames.push(connection.take(FRAME.parse(JSON.parse(line))));
    return true;
  });
  const last = () => frames.at(-1);
  return { ...parts, frames, stop, last };
}

describe('the live stream', () => {
  it('sends a frame at once, soon after an event, and after each pass also while nothing runs', async (t) => {
    const { frames, last, run, stop, engine } = liveOf(t);
    await waitUntil(() => frames.length > 0, { what: 'the first frame' });
    assert.deepEqual([frames.length, last()?.host, last()?.pending], [1, null, []]);
    await run({ name: 'later', queue: true });
    await run({ name: 'last', queue: true });
    await waitUntil(() => last()?.pending.length === 2, { what: 'a frame with the queue' });
    assert.deepEqual(names(last()?.pending ?? []), ['later', 'last']);
    assert.equal(typeof last()?.pending[0]?.waiting?.dim, 'string');
    await waitUntil(() => last()?.host !== null, { what: 'a frame with a pass' });
    assert.deepEqual([last()?.host?.pending, last()?.status.tasks.pending], [2, 2]);
    await run({ name: 'ends', force: true });
    await waitUntil(() => names(last()?.ended ?? []).includes('ends'), { what: 'a frame with the end' });
    assert.ok(engine.passes.isWatched);
    stop();
    const { length } = frames;
    await run({ name: 'unseen', queue: true });
    assert.deepEqual([frames.length, engine.passes.isWatched], [length, false]);
  });

  it('does not show a task as about to start that is newer than a shared plan', async (t) => {
    const { run, engine } = liveOf(t);
    await run({ name: 'late', queue: true });
    const [task] = [...engine.live.values()];
    assert.ok(task);
    const older = new Plan(new Map(), () => undefined);
    const waiting = waitingView(task, engine, Date.now(), older);
    assert.deepEqual([waiting?.dim, waiting?.expected_start], ['reservation', null]);
  });

  it('continues after the state directory was moved, without series: another daemon may use their files', async (t) => {
    const { frames, run, makeRoom, makeGroups, host, engine, tasksDir } = liveOf(t);
    makeRoom();
    makeGroups();
    await run({ name: 'build' });
    host.homeLoss = 'moved';
    engine.wake();
    await waitUntil(() => engine.homeLoss !== null, { what: 'the loss' });
    const { length } = frames;
    await waitUntil(() => frames.length > length + 1, { what: 'two passes' });
    assert.equal(existsSync(join(tasksDir, '..', 'host.series')), false);
  });

  it('shows the use of running tasks, and records it as series', async (t) => {
    const { last, run, makeRoom, makeGroups, engine, ask, service, stop } = liveOf(t);
    makeRoom();
    makeGroups();
    await run({ name: 'build' });
    await waitUntil(() => names(last()?.running ?? []).includes('build'), { what: 'a frame with the task' });
    await waitUntil(() => last()?.host !== null, { what: 'a pass' });
    const host = (await ask('GET', '/v1/series?since=1h&step=1s')).body;
    assert.deepEqual([host.step_ms, host.fields.slice(0, 2)], [1000, ['at', 'mem_total_bytes']]);
    assert.equal(host.points.at(-1).length, host.fields.length);
    assert.equal(host.points.at(-1)[1], last()?.host?.mem_total_bytes);
    const task = (await ask('GET', '/v1/tasks/build/series')).body;
    assert.deepEqual(task.fields, [
      'at',
      'mem_bytes',
      'cpu_cores',
      'io_read_bytes_per_s',
      'io_write_bytes_per_s',
    ]);
    assert.equal((await ask('GET', '/v1/series?step=x')).status, 400);
    assert.equal((await ask('GET', '/v1/tasks/nothing/series')).status, 404);
    const other: string[] = [];
    const stopOther = service.live((line) => other.push(line) > 0);
    stop();
    assert.ok(engine.passes.isWatched);
    stopOther();
    stopOther();
    assert.ok(!engine.passes.isWatched);
  });
});
