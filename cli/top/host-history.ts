// Reads how the use of the host developed before the first frame.

import type { HostPoint } from '../../src/api/schemas/observe/live.ts';
import type { SeriesView } from '../../src/api/schemas/observe/series.ts';
import { BabysitError } from '../../src/core/errors.ts';
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
