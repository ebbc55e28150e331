// Records a message about an event that a client has sent, for `status`: the daemon itself sends none through it.
import type { SentReport } from '../api/schemas/inbox.ts';
import type { Clock } from '../core/clock.ts';
import { BabysitError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';

/** Throws BabysitError usage for an event that is not one of the task. */
export function sent({ deliveries }: Store, clock: Clock, { taskId, seq, target, error }: SentReport): void {
  if (deliveries.event(seq)?.taskId !== taskId)
    throw new BabysitError('usage', `event ${seq} is not one of task ${taskId}`);
  const { wallMs } = clock.now();
  const before = deliveries.ofTask(taskId).find((each) => each.target === target && each.seq === seq);
  const attempts = (before?.attempts ?? 0) + 1;
  const delivery = { target, seq, taskId, attempts, nextAt: wallMs, error, doneAt: wallMs };
  // A client that reads the inbox again after its start sends the message again.
  if (before === undefined) deliveries.add([delivery], 0);
  else deliveries.put(delivery);
}
