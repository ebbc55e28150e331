// What `wait --summary` prints in place of a line for each task: one for those that wait, one for those that ended alike.
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { counted } from '../../src/core/counted.ts';
import type { Output } from './output.ts';
import { eventText, printResult, printSummary } from './task-output.ts';

/** The first events of a group come one after the other. */
const SETTLE_MS = 1_000;
const DISTANCE_MS = 30_000;

export interface WaitingGroup {
  take(event: EventView): void;
  stop(): void;
}

/**
 * Prints the first of the tasks that wait and their number: when the wait begins and when the reason of the first one
 * changes, at most every 30 s.
 */
export function waitingGroup(print: (first: EventView, count: number) => void): WaitingGroup {
  const waiting = new Map<string, EventView>();
  let shown = '';
  let timer: NodeJS.Timeout | undefined;
  const show = (): void => {
    timer = undefined;
    const first = firstOf([...waiting.values()]);
    const reason = first === undefined ? '' : reasonOf(first);
    if (reason === shown) return;
    shown = reason;
    if (first === undefined) return;
    print(first, waiting.size);
    timer = setTimeout(show, DISTANCE_MS);
  };
  return {
    take(event) {
      if (event.event === 'waiting') waiting.set(event.id, event);
      else if (event.event !== 'started' && event.event !== 'ended') return;
      else if (!waiting.delete(event.id)) return;
      timer ??= setTimeout(show, SETTLE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

export function printWaitingGroup(output: Output, first: EventView, count: number): void {
  const { event, name, id: _, ...shown } = first;
  output.notify({ event, count, first: name, ...shown }, () =>
    count === 1 ? eventText(first) : `${counted(count, 'task')} wait, the first one: ${eventText(first)}`,
  );
}

/** One line for tasks that completed, one for those that one owner ended by hand. */
export function printAlike(output: Output, tasks: readonly TaskView[], full: boolean): void {
  const groups = Map.groupBy(tasks, (task) => String(task.kill_detail?.killed_by));
  for (const [by, ended] of groups) {
    const [first] = ended;
    if (first?.status === 'completed') printSummary(output, ended);
    else if (first !== undefined && ended.length === 1) printResult(output, first, full);
    else
      printSummary(output, ended, {
        kill_reason: 'manual',
        ...(by === 'undefined' ? {} : { killed_by: by }),
      });
  }
}

function firstOf(events: readonly EventView[]): EventView | undefined {
  const place = ({ position }: EventView) =>
    typeof position === 'number' ? position : Number.MAX_SAFE_INTEGER;
  return events.toSorted((a, b) => place(a) - place(b) || (a.id < b.id ? -1 : 1))[0];
}

function reasonOf({ dim, outside, hold, blocked_by, owners }: EventView): string {
  return JSON.stringify([dim, outside !== undefined, hold, blocked_by, owners]);
}
