// Answers the third look at a task that still runs with a wait.
import type { TaskView } from '../../src/api/schemas/task.ts';
import type { AllTasks } from '../known-tasks.ts';
import { evaluate } from '../poll/evaluate.ts';
import { rewrite } from '../poll/rewrite.ts';
import { flatten, isLook, type Look } from '../poll/steps.ts';

export interface Repeated {
  readonly command: string;
  readonly name: string;
}

/** Notes a look and returns whether it is one too many; see noteLook in memory.ts. */
export type NoteLook = (key: string, state: string) => boolean;

/** Notes the looks of the command, and returns the command to run instead of one look too many. */
export function findRepeated(command: string, tasks: AllTasks, note: NoteLook): Repeated | null {
  const { source, steps } = evaluate(command, tasks.others);
  const leaves = flatten(steps);
  // A wait or a change in the same command is an event of its own.
  if (leaves.some((leaf) => leaf.kind === 'submit' || (isLook(leaf) && leaf.verb === 'wait'))) return null;
  const looks = leaves
    .filter(isLook)
    .filter(({ verb, isElsewhere }) => (verb === 'status' || verb === 'log') && !isElsewhere);
  for (const look of looks) {
    const task = runningTask(look, tasks);
    if (task === null) continue;
    const key = `${tasks.owner ?? tasks.project}|${task.id}`;
    if (!note(key, stateOf(task))) continue;
    const poll = { kind: 'sequence', pauses: [], looks: [look], before: [], after: null } as const;
    const context = { known: tasks.live, exists: tasks.exists, submitted: new Map() };
    return {
      command: rewrite(source, [{ ...poll, looks: [...poll.looks] }], context).command,
      name: task.name,
    };
  }
  return null;
}

function runningTask({ refs }: Look, { all }: AllTasks): TaskView | null {
  const [ref, ...more] = refs;
  if (ref === undefined || more.length > 0) return null;
  const task = all.findLast(
    ({ id, name }) => name === ref || (ref.length >= 4 && id.startsWith(ref.toUpperCase())),
  );
  return task?.status === 'running' ? task : null;
}

/** Differs after each event that a look may follow. */
function stateOf(task: TaskView): string {
  const { attempt, status, started_at, ready_at, held_at } = task;
  const { estimated_time_ms, estimated_mem_bytes, kill_timeout_ms } = task;
  const moments = [attempt, status, started_at, ready_at, held_at];
  return [...moments, estimated_time_ms, estimated_mem_bytes, kill_timeout_ms].join(' ');
}
