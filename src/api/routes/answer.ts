// The schema of a route's answer, kept with the route: for the reference and for tests. It is not checked at run time.
import type { z } from 'zod';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of the JSON object; of each line where the answer is NDJSON. Absent: the answer is not JSON. */
    readonly answer?: z.ZodType;
  }
}

export interface ByRef {
  Params: { ref: string };
}

export function answers(answer: z.ZodType): { config: { answer: z.ZodType } } {
  return { config: { answer } };
}
