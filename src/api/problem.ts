// Converts errors to application/problem+json (RFC 9457) with the table of errors.
import { BabysitError, ERRORS, type ErrorCode } from '../core/errors.ts';
import type { ProblemView } from './schemas/problem.ts';

export function problem(error: BabysitError): ProblemView {
  const row = ERRORS[error.code];
  return {
    ...error.extra,
    type: `urn:babysit:error:${error.code}`,
    title: row.title,
    status: row.http,
    detail: error.message,
    error: error.code,
    hint: error.hint,
  };
}

/** Converts a refusal of fastify (body too large, invalid JSON, unknown content type). Null for other errors. */
export function fromFastify(error: {
  readonly statusCode?: number;
  readonly message: string;
}): BabysitError | null {
  const status = error.statusCode ?? 500;
  if (status >= 500) return null;
  const code: ErrorCode = status === 413 ? 'body_too_large' : status === 404 ? 'route_not_found' : 'usage';
  return new BabysitError(code, error.message);
}
