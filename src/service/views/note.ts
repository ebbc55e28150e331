// Notes for the caller: what was changed in a request, and what it may not expect.
import { counted } from '../../core/counted.ts';
import { roundCores } from '../../units/number.ts';

/** `requested`: null when the request gives no cores. `more`: another note. */
export function noteOf(
  requested: number | null,
  given: number,
  more: string | null = null,
): { readonly note?: string } {
  const reduced =
    requested === null || given >= requested
      ? null
      : `${counted(requested, 'core')} requested, reduced to ${roundCores(given)}, all that tasks can get here`;
  const notes = [reduced, more].filter((note) => note !== null);
  return notes.length === 0 ? {} : { note: notes.join('; ') };
}
