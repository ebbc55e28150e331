// Tells when a task's log may have grown, or the task has ended.
import { watch } from 'node:fs';
import type { TaskId } from '../core/task.ts';
import type { Engine } from '../engine/engine.ts';

/** For file systems that report nothing. */
const BACKSTOP_MS = 500;

/** Resolves on the next change of the log or at the end of the task; true: it has ended. */
export function logChanged(engine: Engine, id: TaskId, path: string): Promise<boolean> {
  const hasEnded = () => engine.live.get(id) === undefined;
  if (hasEnded()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const stops: (() => void)[] = [];
    const settle = () => {
      for (const stop of stops.splice(0)) stop();
      resolve(hasEnded());
    };
    const backstop = setTimeout(settle, BACKSTOP_MS);
    stops.push(engine.eventBus.listen(id, settle), () => clearTimeout(backstop));
    try {
      const watcher = watch(path, { persistent: false }, settle);
      watcher.on('error', settle);
      stops.push(() => watcher.close());
    } catch {
      // Not written yet; the backstop looks again.
    }
  });
}
