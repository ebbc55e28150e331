// Checks every JSON answer of an app against the schema its route declares, so that neither can change alone.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { PROBLEM, PROBLEM_FIELDS } from '../../src/api/schemas/problem.ts';

/** Only fields that the reference documents. */
const DOCUMENTED_PROBLEM = z.strictObject({ ...PROBLEM.shape, ...PROBLEM_FIELDS.shape });

/** To be called before the app answers; what does not fit is added to the list. Streams of events are not seen. */
export function checkAnswers(app: FastifyInstance): readonly string[] {
  const misfits: string[] = [];
  app.addHook('onSend', async ({ method, url, routeOptions }, reply, payload) => {
    const type = String(reply.getHeader('content-type'));
    if (typeof payload !== 'string' || !/json/.test(type)) return;
    const schema = reply.statusCode >= 400 ? DOCUMENTED_PROBLEM : routeOptions.config.answer;
    for (const text of type.includes('ndjson') ? payload.split('\n').slice(0, -1) : [payload]) {
      const result = schema?.safeParse(JSON.parse(text));
      if (!result?.success)
        misfits.push(`${method} ${url}: ${result?.error.message ?? 'declares no schema'}\n${text}`);
    }
  });
  return misfits;
}
