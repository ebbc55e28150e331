// Sends one line when a process of a task listens on a TCP port, for `wait --port`.
import type { TaskId } from '../../core/task.ts';
import type { Service } from '../service.ts';

const LOOK_MS = 200;

/** Returns a function that stops it. */
export function streamPort(
  service: Pick<Service, 'view' | 'listens'>,
  id: TaskId,
  port: number,
  send: (line: Readonly<Record<string, unknown>>) => void,
): () => void {
  const look = () => {
    if (!service.listens(id, port)) return;
    clearInterval(timer);
    // biome-ignore lint/plugin/no-wall-clock: the line shows the time
    send({ event: 'listening', name: service.view(id).name, id, at: new Date().toISOString(), port });
  };
  const timer = setInterval(look, LOOK_MS);
  look();
  return () => clearInterval(timer);
}
