// Lines of the progress file: `{"done":3,"total":42,"phase":"x","failed":1,"eta_s":90,"note":"…"}`, each field optional.

import { isJsonObject, parseJson } from '../text/json.ts';
import { type Count, countOf, type Reading, shortText } from './reading.ts';

/**
 * An absent field keeps its value (`before`: the current count) and null removes it. A value of another type is ignored.
 * Returns null for invalid JSON.
 */
export function readProgressLine(line: string, before: Count | null): Reading | null {
  const { value: fields } = parseJson(line);
  if (!isJsonObject(fields)) return null;
  const count = readCount(fields, before);
  const etaS = amountOrNull(fields.eta_s);
  const failed = amountOrNull(fields.failed);
  const phase = textOrNull(fields.phase);
  const note = textOrNull(fields.note);
  return {
    ...(count === undefined ? {} : { count }),
    ...(etaS === undefined ? {} : { etaMs: etaS === null ? null : etaS * 1000 }),
    ...(failed === undefined ? {} : { failed }),
    ...(phase === undefined ? {} : { phase }),
    ...(note === undefined ? {} : { note }),
  };
}

/** `pct` alone makes `done` unknown; a new `done` replaces the percentage. */
function readCount(fields: Readonly<Record<string, unknown>>, before: Count | null): Count | undefined {
  const done = amountOrNull(fields.done);
  const total = amountOrNull(fields.total);
  const pct = amountOrNull(fields.pct);
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

/** Undefined when the field has no usable value. */
function amountOrNull(value: unknown): number | null | undefined {
  return value === null || isAmount(value) ? value : undefined;
}

function textOrNull(value: unknown): string | null | undefined {
  if (value === null) return null;
  return typeof value === 'string' ? shortText(value) : undefined;
}
