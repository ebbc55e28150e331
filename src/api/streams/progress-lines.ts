// Sends progress lines between the events of a stream, at most one per ten seconds. They are not stored.
import type { TaskId } from '../../core/task.ts';
import type { Service } from '../service.ts';

export const PROGRESS_MS = 10_000;

/** Calls `send` at once and then when more than the ETA has changed. Returns a function that stops it. */
export function streamProgress(
  service: Pick<Service, 'view'>,
  id: TaskId,
  send: (line: Readonly<Record<string, unknown>>) => void,
): () => void {
  let sent = '';
  const look = () => {
    const { name, progress } = service.view(id);
    if (progress === null) return;
    const { eta_s: _, ...rest } = progress;
    const now = JSON.stringify(rest);
    if (now === sent) return;
    sent = now;
    // biome-ignore lint/plugin/no-wall-clock: the line shows the time
    send({ event: 'progress', name, id, at: new Date().toISOString(), ...progress });
  };
  look();
  const timer = setInterval(look, PROGRESS_MS);
  return () => clearInterval(timer);
}
