// Answers the third look at a task that still runs with a wait.
import type { TaskView } from '../../src/api/schemas/task.ts';
import type { AllTasks } from '../known-tasks.ts';
import { evaluate } from '../poll/evaluate.ts';
import { rewrite } from '../poll/rewrite.ts';
import { flatten, isLook } from '../poll/steps.ts';

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
  const keyOf = ({ id }: TaskView) => `${tasks.owner ?? tasks.project}|${id}`;
  const own = leaves.filter(isLook).filter(({ isElsewhere }) => !isElsewhere);
  // A wait returns after an event, and a change is an event: counting starts again.
  const waited = own.filter(({ verb }) => verb === 'wait').flatMap((look) => runningTasks(look.refs, tasks));
  for (const task of waited) note(keyOf(task), 'waited');
  if (waited.length > 0 || leaves.some(({ kind }) => kind === 'submit')) return null;
  for (const look of own.filter(({ verb }) => verb === 'status' || verb === 'log')) {
    const repeated = runningTasks(look.refs, tasks).filter((task) => note(keyOf(task), stateOf(task)));
    const [first] = repeated;
    if (first === undefined) continue;
    const poll = { kind: 'sequence', pauses: [], looks: [look], before: [], after: null } as const;
    const context = { known: tasks.live, exists: tasks.exists, submitted: new Map() };
    return {
      command: rewrite(source, [{ ...poll, looks: [...poll.looks] }], context).command,
      name: first.name,
    };
  }
  return null;
}

function runningTasks(refs: readonly string[], { all }: AllTasks): TaskView[] {
  return refs.flatMap((ref) => {
    const task = all.findLast(
      ({ id, name }) => name === ref || (ref.length >= 4 && id.startsWith(ref.toUpperCase())),
    );
    return task?.status === 'running' ? [task] : [];
  });
}

/** Differs after each event that a look may follow. */
function stateOf(task: TaskView): string {
  const { attempt, status, started_at, ready_at, held_at, throttled_at, unusual } = task;
  const { estimated_time_ms, estimated_mem_bytes, kill_timeout_ms } = task;
  const moments = [attempt, status, started_at, ready_at, held_at, throttled_at, unusual === null];
  return [...moments, estimated_time_ms, estimated_mem_bytes, kill_timeout_ms].join(' ');
}
