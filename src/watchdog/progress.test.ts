// The warning and the kill for time of a task whose progress gives the time left.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { subject, Watch } from '../../test/support/rigs/watch-rig.ts';

const MINUTE = 60_000;
const QUIET = subject({ limits: { observabilityMs: 0 } });

it('suggests the time that the progress foretells, as the kill does', () => {
  const watch = new Watch({ ...QUIET, remainingMs: 30 * MINUTE }).steps(1, { ms: 15 * MINUTE });
  const [event] = watch.events;
  assert.ok(event?.event === 'runaway_risk');
  assert.match(event.suggested_command, /--estimated_time=50m --kill_timeout=1h40m$/);
  const { kill } = watch.steps(1, { ms: 6 * MINUTE });
  assert.equal(kill?.detail.remaining_ms, 30 * MINUTE);
});
