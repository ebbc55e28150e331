// The lines of the live stream put together give what the daemon saw, also after a client missed some.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { FrameView, LiveTask } from '../../src/api/schemas/observe/live.ts';
import { changedRow } from '../../src/service/observe/changed-row.ts';
import { aFrame, aKilledView, aPendingView, aRunningView } from '../../test/support/build/build-frame.ts';
import { type Frame, Frames, tasksOf, wholeLine } from './frames.ts';

/** As the daemon does: the rows that changed since the line before. */
function lines(frames: readonly Frame[]): FrameView[] {
  let before = new Map<string, LiveTask>();
  return frames.map((frame) => {
    const rows = tasksOf(frame).flatMap((row) => changedRow(row, before.get(row.id)) ?? []);
    before = new Map(tasksOf(frame).map((row) => [row.id, row]));
    return { ...wholeLine(frame), rows };
  });
}

describe('frames', () => {
  const first = aFrame({ running: [aRunningView('a')], pending: [aPendingView('b')] });
  const second = aFrame({
    running: [aRunningView('a', { mem_bytes: 7 }), aRunningView('b')],
    ended: [aKilledView('c')],
  });

  it('a row without a change is the same object as before', () => {
    const connection = new Frames();
    const [one, two] = lines([first, { ...first, running: [...first.running, aRunningView('d')] }]).map(
      (line) => connection.take(line),
    );
    assert.equal(two?.running[0], one?.running[0]);
    assert.equal(two?.pending[0], one?.pending[0]);
    assert.equal(two?.running.length, 2);
  });

  it('a task that leaves the lists is forgotten: its next row is whole again', () => {
    const connection = new Frames();
    for (const line of lines([first, aFrame(), first]))
      assert.deepEqual(connection.take(line).event, 'frame');
    assert.deepEqual(connection.take(lines([first])[0] as FrameView).running, first.running);
  });

  it('an id without a row is left out, as after a line that was lost', () => {
    const [, changes] = lines([first, second]);
    const { running } = new Frames().take(changes as FrameView);
    assert.ok(running.every(({ id }) => id !== undefined));
  });

  it('a whole line begins again after what was missed', () => {
    const connection = new Frames();
    connection.take(wholeLine(first));
    assert.deepEqual(connection.take(wholeLine(second)), second);
  });

  it('any sequence of frames comes back as it was', () =>
    fc.assert(
      fc.property(fc.array(anyFrame(), { maxLength: 8 }), (frames) => {
        const connection = new Frames();
        assert.deepEqual(
          lines(frames).map((line) => connection.take(line)),
          frames,
        );
      }),
    ));
});

function anyFrame(): fc.Arbitrary<Frame> {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 6 });
  return fc.tuple(names, fc.nat(6), fc.nat(6), fc.nat(3)).map(([shown, from, to, mem]) => {
    const [start, end] = [Math.min(from, to), Math.max(from, to)];
    return aFrame({
      running: shown.slice(0, start).map((name) => aRunningView(name, { mem_bytes: mem })),
      pending: shown.slice(start, end).map((name) => aPendingView(name, { position: mem })),
      ended: shown.slice(end).map((name) => aKilledView(name)),
    });
  });
}
