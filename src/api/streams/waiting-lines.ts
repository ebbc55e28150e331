// Sends a `waiting` line while the task of a stream is pending: when it begins to wait, and when the reason changes. They
// are not stored.
import type { TaskId } from '../../core/task.ts';
import type { BlockedView } from '../schemas/task.ts';
import type { Service } from '../service.ts';

const LOOK_MS = 1_000;
/** Between two lines of one wait. */
export const WAITING_MS = 30_000;
/** A predicted start that moves by less is not reported. */
const SHIFT_MS = 30_000;

interface Sent {
  readonly waiting: BlockedView;
  readonly atMs: number;
}

/** Calls `send` at once for a pending task. Returns a function that stops it. */
export function streamWaiting(
  service: Pick<Service, 'view'>,
  id: TaskId,
  send: (line: Readonly<Record<string, unknown>>) => void,
): () => void {
  let last: Sent | null = null;
  const look = () => {
    const { name, status, waiting } = service.view(id);
    // The next attempt waits anew.
    if (status !== 'pending') last = null;
    if (waiting === null) return;
    // biome-ignore lint/plugin/no-wall-clock: the line shows the time
    const nowMs = Date.now();
    if (!isNews(last, waiting, nowMs)) return;
    last = { waiting, atMs: nowMs };
    const { requested: _, available: __, limit: ___, short_by: ____, charged: _____, ...shown } = waiting;
    send({ event: 'waiting', name, id, at: new Date(nowMs).toISOString(), ...shown });
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  return () => clearInterval(timer);
}

function isNews(last: Sent | null, waiting: BlockedView, nowMs: number): boolean {
  if (last === null || hasOtherHold(last.waiting, waiting)) return true;
  const isDue = Math.abs(nowMs - last.atMs) >= WAITING_MS;
  return isDue && hasChanged(last.waiting, waiting);
}

/** A person did it, and the client wants to know at once. */
function hasOtherHold({ hold: before }: BlockedView, { hold: now }: BlockedView): boolean {
  return (
    before?.by !== now?.by ||
    before?.reason !== now?.reason ||
    hasMoved(before?.until ?? null, now?.until ?? null)
  );
}

function hasChanged(before: BlockedView, now: BlockedView): boolean {
  const same = (a: readonly string[], b: readonly string[]) => a.join('\n') === b.join('\n');
  return (
    before.dim !== now.dim ||
    before.position !== now.position ||
    (before.outside === undefined) !== (now.outside === undefined) ||
    !same(before.blocked_by, now.blocked_by) ||
    hasMoved(before.expected_start, now.expected_start) ||
    hasMoved(before.latest_start, now.latest_start)
  );
}

function hasMoved(before: string | null, now: string | null): boolean {
  if (before === null || now === null) return before !== now;
  return Math.abs(Date.parse(before) - Date.parse(now)) >= SHIFT_MS;
}
