// Reads who sends a request. The client says it in a header, so that no body of a request needs a field for it.
import type { FastifyRequest } from 'fastify';
import { CALLER_HEADER } from '../core/host/levers.ts';

const MOST_CHARS = 200;

/** Null: the client does not say. */
export function callerOf({ headers }: Pick<FastifyRequest, 'headers'>): string | null {
  const sent = headers[CALLER_HEADER];
  return typeof sent === 'string' && sent !== '' ? decoded(sent).slice(0, MOST_CHARS) : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
