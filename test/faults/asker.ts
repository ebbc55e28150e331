// node asker.ts SOCKET: pings the daemon forty times, each over a new connection, and prints the times in ms.
import { send } from '../../cli/client/http.ts';

const QUESTIONS = 40;

const [path = ''] = process.argv.slice(2);
const tookMs: number[] = [];
while (tookMs.length < QUESTIONS) {
  const began = performance.now();
  const answer = await send(path, { method: 'GET', path: '/v1/ping', timeoutMs: 60_000 });
  if (answer.status !== 200) throw new Error(`ping: ${answer.status} ${answer.text}`);
  tookMs.push(performance.now() - began);
}
console.log(JSON.stringify(tookMs));
