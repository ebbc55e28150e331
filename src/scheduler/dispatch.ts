// Dispatch: which pending tasks start now. First come first served: nobody overtakes the head of the queue.
import type { TaskId } from '../core/task.ts';
import { ledger, shortDim, take } from './ledger.ts';
import type { Snapshot } from './snapshot.ts';

export function dispatch(snapshot: Snapshot): TaskId[] {
  let room = ledger(snapshot).room;
  const chosen: TaskId[] = [];
  for (const item of snapshot.pending) {
    if (shortDim(room, item.need) !== null) break;
    room = take(room, item.need);
    chosen.push(item.id);
  }
  return chosen;
}
