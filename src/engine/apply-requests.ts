// Applies the requests of a round in their order.
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
