// Applies the requests of a round in their order.
import { liveAttemptOf, type TaskId } from '../core/task.ts';
import type { Request, UnitOfWork } from './unit-of-work.ts';

/**
 * Each request sees the changes of those before it in the round. A request that throws is undone and rejected. Applies at
 * least one; `left` are those that the time was over for.
 */
export function applySome(
  work: UnitOfWork,
  requests: readonly Request[],
  isTimeOver: () => boolean,
): { readonly accepted: readonly Request[]; readonly left: readonly Request[] } {
  const accepted: Request[] = [];
  let applied = 0;
  for (const request of requests) {
    if (applied > 0 && isTimeOver()) break;
    applied += 1;
    try {
      work.apply(request);
      accepted.push(request);
    } catch (error) {
      request.reject(error);
    }
  }
  return { accepted, left: requests.slice(applied) };
}

/** A request of the loop, which applies while this attempt of the task lives. `failed`: `change` threw. */
export function ownRequest(
  id: TaskId,
  attempt: number,
  change: (work: UnitOfWork) => void,
  failed: () => void,
): Request {
  const apply = (work: UnitOfWork): void => {
    const task = work.get(id);
    if (task !== undefined && liveAttemptOf(task.state)?.number === attempt) change(work);
  };
  return { apply, resolve() {}, reject: failed, isOwn: true };
}
