// Tells the caller what was changed in a request.
import { roundCores } from '../../units/number.ts';

/** `requested`: null when the request gives no cores. */
export function noteOf(requested: number | null, given: number): { readonly note?: string } {
  if (requested === null || given >= requested) return {};
  return {
    note: `${requested} cores were requested, and reduced to ${roundCores(given)}, all that tasks can get here`,
  };
}
