// Requests that the HTTP parser refuses, over real sockets, for the API and the dashboard.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { buildDashboard } from '../../cli/dashboard/server.ts';
import { unparsedError } from '../core/answers/unparsed-request.ts';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import { buildApp } from './app.ts';
import type { Service } from './service.ts';

const SERVERS: Readonly<Record<string, () => FastifyInstance>> = {
  'the API': () => buildApp({} as Service, { maxBodyBytes: 10_000, onInternalError: assert.fail }),
  'the dashboard': () =>
    buildDashboard({
      socket: '/nowhere',
      token: 'x',
      assets: {},
      version: '1',
      mayAct: false,
      caller: 'ada',
      onUse: () => {},
    }),
};

const HEAD = 'GET /v1/ping HTTP/1.1\r\nHost: localhost\r\n';
const LONG = 'x'.repeat(20_000);
const REFUSED: readonly [what: string, bytes: string, ErrorCode][] = [
  ['garbage', 'hello\r\n\r\n', 'usage'],
  ['a TLS handshake', '\x16\x03\x01\x02\x00', 'usage'],
  ['a header that is too long', `${HEAD}X-Long: ${LONG}\r\n\r\n`, 'headers_too_large'],
  ['an address that is too long', `GET /v1/tasks?tag=${LONG} HTTP/1.1\r\n\r\n`, 'headers_too_large'],
  ['two lengths of the body', `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 'usage'],
  [
    'a chunk with a long extension',
    `POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2;a=${LONG}\r\n{}\r\n`,
    'body_too_large',
  ],
];

describe('a request that the parser refuses', () => {
  for (const [server, build] of Object.entries(SERVERS))
    for (const [what, bytes, code] of REFUSED)
      it(`${server}: ${what} is the problem ${code}`, async (t) => {
        const [head = '', body = ''] = (await exchange(t, build(), bytes)).split('\r\n\r\n');
        assert.match(head, new RegExp(`^HTTP/1\\.1 ${ERRORS[code].http} `));
        assert.match(head, /^content-type: application\/problem\+json$/m);
        assert.equal(/^x-frame-options: DENY$/m.test(head), server === 'the dashboard');
        const { error, status, title, detail, hint } = JSON.parse(body);
        assert.deepEqual([error, status, title], [code, ERRORS[code].http, ERRORS[code].title]);
        assert.ok(detail !== '' && hint !== '');
      });

  it('that is too slow is the problem request_timeout', () => {
    const { code } = unparsedError({ code: 'ERR_HTTP_REQUEST_TIMEOUT', message: 'Request timeout' });
    assert.equal(code, 'request_timeout');
  });
});

/** All that the server sends until it closes the connection. */
async function exchange(t: TestContext, app: FastifyInstance, bytes: string): Promise<string> {
  t.after(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return Buffer.concat(pieces).toString();
}
