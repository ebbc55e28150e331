// Puts the lines of the live stream together: each has only what changed since the one before. Runs in the browser, too.
import type { FrameView, LiveTask } from '../../src/api/schemas/observe/live.ts';

/** What the host and its tasks do at one moment. A row that did not change is the same object as before. */
export interface Frame extends Omit<FrameView, 'rows' | 'running' | 'pending' | 'ended'> {
  readonly running: readonly LiveTask[];
  readonly pending: readonly LiveTask[];
  readonly ended: readonly LiveTask[];
}

/** The state of one connection: its first line is whole. */
export class Frames {
  #rows: ReadonlyMap<string, LiveTask> = new Map();

  take({ rows: changes, running, pending, ended, ...rest }: FrameView): Frame {
    const known = new Map(this.#rows);
    for (const change of changes) known.set(change.id, { ...known.get(change.id), ...change } as LiveTask);
    const shown = (ids: readonly string[]) => ids.flatMap((id) => known.get(id) ?? []);
    const frame = { ...rest, running: shown(running), pending: shown(pending), ended: shown(ended) };
    this.#rows = new Map(tasksOf(frame).map((row) => [row.id, row]));
    return frame;
  }
}

/** The first line of a connection, from which all that follow continue. */
export function wholeLine({ running, pending, ended, ...rest }: Frame): FrameView {
  const ids = (rows: readonly LiveTask[]) => rows.map(({ id }) => id);
  const rows = [...ended, ...pending, ...running];
  return { ...rest, rows, running: ids(running), pending: ids(pending), ended: ids(ended) };
}

export function tasksOf({ running, pending, ended }: Frame): readonly LiveTask[] {
  return [...running, ...pending, ...ended];
}

/** The mean over its whole running time; null when it has not run, or was not measured. */
export function coresUsed({ cpu_seconds: used, elapsed_ms: ran }: LiveTask): number | null {
  return used == null || !ran ? null : (1000 * used) / ran;
}
