// The page of reasons: why a task was killed, failed or was interrupted.

import { interruptHint } from '../../src/core/answers/reasons.ts';
import { KILL_REASON_NAMES } from '../../src/core/kill-reasons.ts';
import type { InterruptReason } from '../../src/core/task.ts';
import { FAIL_HINTS } from '../../src/service/views/task-row.ts';
import { exampleHint } from '../../test/support/example-kills.ts';
import { code, page, prose, table } from './markdown.ts';

/** A record, so that the compiler asks for a new reason. */
const INTERRUPT_REASONS: Readonly<Record<InterruptReason, true>> = {
  host_rebooted: true,
  logged_out: true,
  supervisor_lost: true,
  records_removed: true,
  kill_stuck: true,
  node_failed: true,
  preempted: true,
  job_lost: true,
};

export function reasonsPage(): string {
  return page(
    'Reasons',
    'src/core/answers/reasons.ts',
    prose(
      'A task that did not complete has a reason and a hint in its [result](json.md#task). [When a task was killed](../guide/when-a-task-was-killed.md) explains what to do, and [the watchdog](../design/watchdog.md) when it kills.',
    ),
    '## Of killed tasks',
    prose(
      '`kill_reason` with its `kill_hint`, as a task with an estimate of 10 minutes, 4 GiB and 4 cores gets it.',
    ),
    table(
      ['`kill_reason`', '`kill_hint`'],
      KILL_REASON_NAMES.map((reason) => [code(reason), exampleHint(reason)]),
    ),
    '## Of failed tasks',
    table(
      ['`reason`', '`hint`'],
      Object.entries(FAIL_HINTS).map(([reason, hint]) => [
        code(reason),
        hint ?? 'none: `exit_code` or `signal` says how it ended',
      ]),
    ),
    '## Of interrupted tasks',
    table(
      ['`reason`', '`hint`'],
      Object.keys(INTERRUPT_REASONS).map((reason) => [
        code(reason),
        interruptHint(reason as InterruptReason, 'NAME', { requeue: false }),
      ]),
    ),
  );
}
