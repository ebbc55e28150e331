// The daemon's own log: one JSON line for each transition or decision.
import pino, { type Logger } from 'pino';

/** Synchronous: nothing is lost when the daemon is killed. A full disk costs lines of the log, not the daemon. */
export function openLog(path: string, level: string): Logger {
  const file = pino.destination({ dest: path, sync: true });
  file.on('error', () => {});
  return pino({ level, base: { pid: process.pid } }, file);
}
