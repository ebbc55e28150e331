// What follows when an engine has lost an attempt: another one, as often as the setting engine.requeue_max allows. Pure.
import { counted } from '../../core/counted.ts';
import type { Task } from '../../core/task.ts';
import { backoffAfter } from '../../core/transition/retry.ts';
import type { Change } from '../../core/transition/transition.ts';
import type { StartFailure } from '../../engines/port.ts';

const BACKOFF_MS = 1_000;

export function mayRequeue({ lostAttempts = 0 }: Task, requeueMax: number): boolean {
  return lostAttempts < requeueMax;
}

/** Of an attempt whose command never began. A node that loses each attempt at once gets the next one after a growing delay. */
export function afterLostStart(
  task: Task,
  { why, fix }: Extract<StartFailure, { kind: 'lost' }>,
  requeueMax: number,
  at: number,
): Change {
  const { lostAttempts = 0 } = task;
  if (mayRequeue(task, requeueMax))
    return { kind: 'requeue', why, loss: { notBefore: at + backoffAfter(lostAttempts, BACKOFF_MS) } };
  const lost = `the cluster has lost ${counted(lostAttempts + 1, 'attempt')}, and engine.requeue_max allows no other one`;
  return { kind: 'could_not_start', message: `${why}; ${lost}: ${fix}`, at };
}
