// The task that another one runs for (`--while`): the live one of that name, else the next one.
import { BabysitError } from '../../core/errors.ts';
import { isEnded, type Task } from '../../core/task.ts';

/** `found`: the live task of the project with this name, or the task with this id. Throws BabysitError already_ended. */
export function companionOf(ref: string | null, found: Task | null): Pick<Task, 'companion'> {
  if (ref === null) return {};
  // A name then belongs to a task that comes later, an id never does.
  if (found === null) return { companion: { name: ref, id: null } };
  const { id, name, state } = found;
  if (!isEnded(state)) return { companion: { name, id } };
  throw new BabysitError('already_ended', `the task "${name}" of --while is ${state.status}`, {
    name,
    task_status: state.status,
    hint: `--while=${name} waits for the next task of that name.`,
  });
}

/** Of an attempt by hand after an end: another task may have the name by now. */
export function companionAgain(
  { companion }: Task,
  findLive: (ref: string) => Task | undefined,
): Pick<Task, 'companion'> {
  if (companion === undefined) return {};
  const live = companion.id === null ? undefined : findLive(companion.id);
  return companionOf(companion.name, live ?? findLive(companion.name) ?? null);
}

/** Null when the task of `--while` is pending or running. */
export function companionNote({ companion }: Task): string | null {
  if (companion === undefined || companion.id !== null) return null;
  return `no task "${companion.name}" is pending or running: this one ends with the next task of that name`;
}
