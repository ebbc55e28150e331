// node pinger.ts SOCKET: pings the daemon twenty times a second over a new connection each, until its standard input ends.
// Then prints the time of each answer in ms, as JSON. A late answer delays the next ping but counts once.
import { setTimeout as delay } from 'node:timers/promises';
import { SocketError, send } from '../../cli/client/http.ts';

const EVERY_MS = 50;

const [socket = ''] = process.argv.slice(2);
const tookMs: number[] = [];
let isOver = false;
process.stdin.on('end', () => {
  isOver = true;
});
process.stdin.resume();
while (!isOver) {
  const began = performance.now();
  await ping();
  const ms = performance.now() - began;
  tookMs.push(ms);
  await delay(Math.max(0, EVERY_MS - ms));
}
/** Tries again while the backlog is full, as the CLI does. */
async function ping(): Promise<void> {
  for (;;)
    try {
      const { status, text } = await send(socket, { method: 'GET', path: '/v1/ping', timeoutMs: 60_000 });
      if (status === 200) return;
      throw new Error(`ping: ${status} ${text}`);
    } catch (error) {
      if (!(error instanceof SocketError && error.fault === 'busy')) throw error;
      await delay(1);
    }
}

console.log(JSON.stringify(tookMs));
