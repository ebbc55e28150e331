// Sums up the daemon's history for the page, in this process: the daemon only reads and sends.
import type { PastRunView } from '../../src/api/schemas/observe/history.ts';
import { commandKey } from '../../src/estimates/key.ts';
import { lineReader } from '../client/follow.ts';
import { send } from '../client/http.ts';
import { type HistorySummary, HistorySums } from '../history/summary.ts';

const ANSWER_MS = 60_000;
const KEPT_KEYS = 20_000;

/** Commands are grouped by program and verb. Throws SocketError. */
export async function summarize(socket: string, sinceMs: number, nowMs: number): Promise<HistorySummary> {
  const sums = new HistorySums(nowMs - sinceMs, nowMs, commandOf);
  const onData = lineReader((line) => sums.add(JSON.parse(line) as PastRunView));
  await send(socket, {
    method: 'GET',
    path: `/v1/history?since=${Math.round(sinceMs)}ms`,
    timeoutMs: ANSWER_MS,
    onData,
  });
  return sums.summary();
}

const keys = new Map<string, string>();

/** Parsing a command takes longer than looking it up, and commands repeat, often with other numbers. */
function commandOf(command: string): string {
  const alike = command.replace(/\d+/g, '0');
  const known = keys.get(alike);
  if (known !== undefined) return known;
  const key = commandKey({ kind: 'shell', line: command }).subcommand || command;
  if (keys.size >= KEPT_KEYS) keys.clear();
  keys.set(alike, key);
  return key;
}
