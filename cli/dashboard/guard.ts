// Decides whether a request to the dashboard may pass: the name of the host, the site it comes from, and the token.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { BabysitError } from '../../src/core/errors.ts';

/** The port may differ: `ssh -L` forwards another one. A rebound DNS name is never one of these names. */
const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;

export interface Asked {
  readonly headers: IncomingHttpHeaders;
  /** A page that the browser opens from another site holds no data, so only its requests are refused. */
  readonly isPage: boolean;
}

/** Throws BabysitError foreign_site: another site sent the request, or the browser found this host by another name. */
export function checkSite({ headers, isPage }: Asked): void {
  const { host = '', origin } = headers;
  if (!LOOPBACK.test(host))
    throw new BabysitError('foreign_site', `the host "${shown(host)}" is not loopback`);
  if (origin !== undefined && origin !== `http://${host}`)
    throw new BabysitError('foreign_site', `the request comes from "${shown(origin)}"`);
  const site = headers['sec-fetch-site'];
  if (!isPage && site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new BabysitError('foreign_site', `the request is ${shown(String(site))}`);
}

/** Throws BabysitError wrong_token. The comparison takes the same time for every wrong token. */
export function checkToken({ authorization = '' }: IncomingHttpHeaders, token: string): void {
  const given = Buffer.from(authorization);
  const right = Buffer.from(`Bearer ${token}`);
  if (given.length !== right.length || !timingSafeEqual(given, right))
    throw new BabysitError(
      'wrong_token',
      authorization === '' ? 'the request has no token' : 'the token is not valid',
    );
}

function shown(text: string): string {
  return text.slice(0, 100);
}

/** Of every answer. The page loads nothing from another site, runs no inline script, and is in no frame. */
export const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const;
