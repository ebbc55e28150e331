// Progress for who asked for it: lines between the events, at most one in ten seconds, of the present and not of the record.
import type { TaskId } from '../../core/task.ts';
import type { Service } from '../service.ts';

export const PROGRESS_MS = 10_000;

/** Calls back at once and then every ten seconds, when something but the time has changed. Returns how to stop. */
export function tellProgress(
  service: Pick<Service, 'view'>,
  id: TaskId,
  tell: (line: Readonly<Record<string, unknown>>) => void,
): () => void {
  let told = '';
  const look = () => {
    const { name, progress } = service.view(id);
    if (progress === null) return;
    const { eta_s: _, ...rest } = progress;
    const now = JSON.stringify(rest);
    if (now === told) return;
    told = now;
    // biome-ignore lint/plugin/no-wall-clock: the line shows the time
    tell({ event: 'progress', name, id, at: new Date().toISOString(), ...progress });
  };
  look();
  const timer = setInterval(look, PROGRESS_MS);
  return () => clearInterval(timer);
}
