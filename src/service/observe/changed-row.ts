// Which fields of a row of the live stream changed.
import { isDeepStrictEqual } from 'node:util';
import type { FrameView, LiveTask } from '../../api/schemas/observe/live.ts';

type Change = FrameView['rows'][number];

/** The id and the fields that differ; the whole row without `last`; null when nothing differs. */
export function changedRow(row: LiveTask, last: LiveTask | undefined): Change | null {
  if (last === undefined) return row;
  const fields = Object.entries(row).filter(([key, value]) => !isEqual(value, last[key as keyof LiveTask]));
  return fields.length === 0 ? null : { ...Object.fromEntries(fields), id: row.id };
}

/** Most values are numbers and texts. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return typeof a === 'object' && a !== null && isDeepStrictEqual(a, b);
}
