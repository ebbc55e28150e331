// What a route asks for and answers, kept with the route: for the reference, the OpenAPI document and tests. An answer is
// not checked at run time; a request is, by the parser of its schema.
import type { z } from 'zod';

export interface RouteSchemas {
  /** Of the JSON object; of each line where the answer is NDJSON. Absent: the answer is plain text. */
  readonly answer?: z.ZodType;
  /** The answer is NDJSON: one object a line. */
  readonly isLines?: boolean;
  readonly body?: z.ZodType;
  /** An object; every value is a text. */
  readonly query?: z.ZodType;
  /** Of a success; by default 200. */
  readonly status?: 201 | 202;
}

declare module 'fastify' {
  interface FastifyContextConfig extends RouteSchemas {}
}

export interface ByRef {
  Params: { ref: string };
}

type Asks = Omit<RouteSchemas, 'answer' | 'isLines'>;

export function answers(answer: z.ZodType, asks: Asks = {}): { config: RouteSchemas } {
  return { config: { answer, ...asks } };
}

/** Answers one object a line. */
export function lines(answer: z.ZodType, asks: Asks = {}): { config: RouteSchemas } {
  return { config: { answer, isLines: true, ...asks } };
}

export function plainText(asks: Asks = {}): { config: RouteSchemas } {
  return { config: asks };
}
