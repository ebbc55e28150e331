// A command that has ended and left processes: the event, and the numbers of a kill.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { subject, Watch } from '../../test/support/rigs/watch-rig.ts';

const MINUTE = 60_000;
const QUIET = subject({ limits: { observabilityMs: 0 } });

describe('main_exited', () => {
  const outlived = (sinceMs: number) => ({
    exitCode: 0,
    signal: null,
    mainRanMs: 120,
    sinceMs,
    processes: [{ pid: 41, name: 'sleep' }],
    count: 3,
  });

  it('comes once, five seconds after the command has ended and left processes', () => {
    const watch = new Watch(QUIET).steps(1, { outlived: outlived(4_999) });
    assert.deepEqual(watch.reported(), []);
    watch.steps(3, { outlived: outlived(5_000) });
    const [event, ...more] = watch.events;
    assert.ok(event?.event === 'main_exited' && more.length === 0);
    assert.deepEqual(
      [event.exit_code, event.after_s, event.processes],
      [0, 0.1, [{ pid: 41, name: 'sleep' }]],
    );
  });

  it('is in the numbers of a kill', () => {
    const { kill } = new Watch().steps(1, { ms: 5 * MINUTE + 1, outlived: outlived(9_000) });
    assert.deepEqual(kill?.detail, {
      silent_ms: 5 * MINUTE + 1,
      observability_interval_ms: 5 * MINUTE,
      main_exit_code: 0,
      main_signal: null,
      main_ran_ms: 120,
      left_processes: 'sleep (pid 41) and 2 more',
    });
  });
});
