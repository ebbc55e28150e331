// Waits until a log grows: one watch for all the streams that follow it.
import { watch } from 'node:fs';
import { logExtent } from './read.ts';

/** Poll interval for file systems without change notification. */
const BACKSTOP_MS = 500;

const waits = new Map<string, Promise<number>>();

/** Resolves with the end of all output when the log may have grown. */
export function nextEnd(log: string): Promise<number> {
  const known = waits.get(log);
  if (known !== undefined) return known;
  const wait = changeOf(log).then(() => {
    waits.delete(log);
    return logExtent(log).to;
  });
  waits.set(log, wait);
  return wait;
}

function changeOf(path: string): Promise<void> {
  return new Promise((resolve) => {
    const stops: (() => void)[] = [];
    const settle = () => {
      for (const stop of stops.splice(0)) stop();
      resolve();
    };
    const backstop = setTimeout(settle, BACKSTOP_MS).unref();
    stops.push(() => clearTimeout(backstop));
    try {
      const watcher = watch(path, { persistent: false }, settle);
      watcher.on('error', settle);
      stops.push(() => watcher.close());
    } catch {
      // The file does not exist yet: the backstop polls.
    }
  });
}
