// Lines of the progress file: `{"done":3,"total":42,"phase":"x","failed":1,"eta_s":90,"note":"…"}`, each field optional.

import { isJsonObject, parseJson } from '../text/json.ts';
import { type Count, countOf, type Reading, shortText } from './reading.ts';

/**
 * A field that is absent keeps its value (`before`: that of the count), null takes it back; what is of another type, or
 * no JSON, is passed over.
 */
export function readTold(line: string, before: Count | null): Reading | null {
  const { value: told } = parseJson(line);
  if (!isJsonObject(told)) return null;
  const count = readCount(told, before);
  const etaS = amountOrNull(told.eta_s);
  const failed = amountOrNull(told.failed);
  const phase = textOrNull(told.phase);
  const note = textOrNull(told.note);
  return {
    ...(count === undefined ? {} : { count }),
    ...(etaS === undefined ? {} : { etaMs: etaS === null ? null : etaS * 1000 }),
    ...(failed === undefined ? {} : { failed }),
    ...(phase === undefined ? {} : { phase }),
    ...(note === undefined ? {} : { note }),
  };
}

/** A share alone leaves the number of items that are done unknown, and a new number replaces the share. */
function readCount(told: Readonly<Record<string, unknown>>, before: Count | null): Count | undefined {
  const done = amountOrNull(told.done);
  const total = amountOrNull(told.total);
  const pct = amountOrNull(told.pct);
  if (done === undefined && total === undefined && pct === undefined) return undefined;
  return countOf(
    done === undefined ? (pct === undefined ? (before?.done ?? null) : null) : done,
    total === undefined ? (before?.total ?? null) : total,
    pct === undefined || pct === null ? null : pct / 100,
  );
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Undefined: nothing usable was said. */
function amountOrNull(value: unknown): number | null | undefined {
  return value === null || isAmount(value) ? value : undefined;
}

function textOrNull(value: unknown): string | null | undefined {
  if (value === null) return null;
  return typeof value === 'string' ? shortText(value) : undefined;
}
