// Runs the dashboard until it is interrupted or no page has been open for some time; nothing listens after that.
import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Home } from '../../src/config/home.ts';
import { readAssets } from './assets.ts';
import { buildDashboard } from './server.ts';
import {
  addressOf,
  type DashboardSession,
  readSession,
  removeSession,
  writeSession,
} from './session-file.ts';

const TOKEN_BYTES = 32;
const PROBE_MS = 2000;

export interface ServeOptions {
  readonly home: Home;
  /** The directory with the built page. */
  readonly assetsDir: string;
  readonly version: string;
  readonly mayAct: boolean;
  /** The person at the page, for the record of each change. */
  readonly caller: string;
  readonly idleMs: number;
  /** Called when it accepts connections, or with the dashboard that runs already. */
  readonly onReady: (found: { readonly url: string; readonly pid: number }) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Resolves when it has ended, with the reason; `elsewhere`: at once, because another process serves the page. */
export async function serveDashboard(options: ServeOptions): Promise<'idle' | 'stopped' | 'elsewhere'> {
  const { home, idleMs, signal } = options;
  const running = readSession(home);
  if (running !== null && (await answers(running, signal))) {
    options.onReady({ url: addressOf(running), pid: running.pid });
    return 'elsewhere';
  }
  // It has no event for a listener that comes later.
  if (signal.aborted) return 'stopped';
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const ended = Promise.withResolvers<'idle' | 'stopped'>();
  signal.addEventListener('abort', () => ended.resolve('stopped'), { once: true });
  let timer = setTimeout(() => ended.resolve('idle'), idleMs);
  const onUse = (openPages: number): void => {
    clearTimeout(timer);
    if (openPages === 0) timer = setTimeout(() => ended.resolve('idle'), idleMs);
  };
  const { version, mayAct, caller } = options;
  const assets = readAssets(options.assetsDir);
  const app = buildDashboard({ socket: home.socket, token, assets, version, mayAct, caller, onUse });
  try {
    await app.listen({ host: '127.0.0.1', port: 0 });
    const session = { pid: process.pid, port: (app.server.address() as AddressInfo).port, token };
    writeSession(home, session);
    options.onReady({ url: addressOf(session), pid: session.pid });
    return await ended.promise;
  } finally {
    removeSession(home, token);
    app.server.closeAllConnections();
    await app.close();
    clearTimeout(timer);
  }
}

/** Another program may have the port by now; it does not get the token in a way that it could use. */
function answers({ port }: DashboardSession, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/v1/live', timeout: PROBE_MS, signal };
    const request = get(options, (response) => {
      response.resume();
      const type = response.headers['content-type'] ?? '';
      resolve(response.statusCode === 401 && type.startsWith('application/problem+json'));
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', () => resolve(false));
  });
}
