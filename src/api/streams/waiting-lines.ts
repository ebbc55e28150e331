// Sends a `waiting` line while the task of a stream is pending: when it begins to wait, and when a report is due. They are
// not stored.

import {
  aheadOf,
  nextReport,
  type WaitingReport,
  type WaitingState,
} from '../../core/answers/waiting-report.ts';
import { counted } from '../../core/counted.ts';
import type { TaskId } from '../../core/task.ts';
import { formatSize } from '../../units/size.ts';
import type { BlockedView } from '../schemas/task.ts';
import type { Service } from '../service.ts';

const LOOK_MS = 1_000;

/** Calls `send` soon for a pending task. Returns a function that stops it. */
export function streamWaiting(
  service: Pick<Service, 'planned'>,
  id: TaskId,
  send: (line: Readonly<Record<string, unknown>>) => void,
): () => void {
  let report: WaitingReport | null = null;
  let monoMs = 0;
  let isOver = false;
  const look = async () => {
    const { name, status, waiting } = await service.planned(id);
    if (isOver) return;
    // The next attempt waits anew.
    if (status !== 'pending') report = null;
    if (waiting === null) return;
    // biome-ignore lint/plugin/no-wall-clock: the line shows the time
    const nowMs = Date.now();
    const next = nextReport(report, stateOf(waiting), { wallMs: nowMs, monoMs });
    if (next === null) return;
    report = next;
    const { requested: _, available: __, limit: ___, short_by: ____, charged: _____, ...shown } = waiting;
    send({
      event: 'waiting',
      name,
      id,
      at: new Date(nowMs).toISOString(),
      ...shown,
      ...outsideHint(waiting),
    });
  };
  void look();
  const timer = setInterval(() => {
    monoMs += LOOK_MS;
    void look();
  }, LOOK_MS);
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}

function outsideHint({ dim, outside }: BlockedView): { readonly hint?: string } {
  if (outside === undefined) return {};
  const what = dim === 'cpu' ? counted(outside, 'core') : formatSize(outside);
  return { hint: `Programs outside of babysit use ${what}, which leaves no room for the task.` };
}

function stateOf({ dim, outside, hold, blocked_by, owners, expected_start }: BlockedView): WaitingState {
  return {
    dim,
    ahead: aheadOf(blocked_by, owners),
    isOutside: outside !== undefined,
    hold: hold === undefined ? null : `${hold.scope} ${hold.of} ${hold.by} ${hold.until} ${hold.reason}`,
    expectedMs: expected_start === null ? null : Date.parse(expected_start),
  };
}
