// Reads what happened on the host before the first frame: its use, and the programs outside of all tasks.

import type { HostPoint } from '../../src/api/schemas/observe/live.ts';
import type { OutsideHistoryView } from '../../src/api/schemas/observe/outside.ts';
import type { SeriesView } from '../../src/api/schemas/observe/series.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { LOOKS_PATH } from '../client/outside-peaks.ts';
import { call, type Session } from '../client/session.ts';

/** The minute before the first frame. */
export async function readHistory(session: Session): Promise<HostPoint[]> {
  const { fields, points } = await call<SeriesView>(session, 'GET', '/v1/series?since=60s&step=1s').catch(
    (error: unknown) => {
      if (error instanceof BabysitError) return { fields: [], points: [] };
      throw error;
    },
  );
  return points.map(
    (values) =>
      Object.fromEntries(
        fields.map((field, index) => [field, values[index] ?? null]),
      ) as unknown as HostPoint,
  );
}

/** Looks at the programs outside of all tasks, in the last hour. */
export async function readLooks(session: Session): Promise<OutsideHistoryView['points']> {
  const { points } = await call<OutsideHistoryView>(session, 'GET', LOOKS_PATH).catch((error: unknown) => {
    if (error instanceof BabysitError) return { points: [] };
    throw error;
  });
  return points;
}
