// Starts another attempt of an ended task with the same request, or with a new command, variables, estimates or limits.
import type { RetryRequest } from '../../api/schemas/change/retry.ts';
import type { TaskView } from '../../api/schemas/task.ts';
import { traitsOf } from '../../core/engine-traits.ts';
import { BabysitError } from '../../core/errors.ts';
import { boundEstimate, restated } from '../../core/estimate.ts';
import { numberIn } from '../../core/kill-reasons.ts';
import { type EndedState, isEnded, type Task, type TaskId } from '../../core/task.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Profiles } from '../../engine/profiles/profiles.ts';
import { infeasibleNeed, largestNeed, unscheduled, whyInfeasible } from '../../scheduler/admission.ts';
import type { Store } from '../../store/store.ts';
import { formatSize } from '../../units/size.ts';
import { notRunning, type TaskAccess } from '../lookup/task-access.ts';
import { capacitiesOf, capsOf } from '../submission/capacity-of.ts';
import { changedRequest } from '../submission/changed-request.ts';
import { companionAgain, companionNote } from '../submission/companion.ts';
import { reviveFollowers } from '../submission/revive-followers.ts';
import { noteOf } from '../views/note.ts';
import { infeasibleError } from '../views/refusal.ts';
import { suggestedCommand } from '../views/suggested-command.ts';

export interface RetryDeps {
  readonly engine: Engine;
  readonly profiles: Profiles;
  readonly store: Store;
}

/** Throws BabysitError not_running for a live task, name_taken, infeasible, or cap_below_peak. */
export async function retry(
  { engine, profiles, store }: RetryDeps,
  tasks: TaskAccess,
  ref: string,
  request: RetryRequest,
): Promise<TaskView> {
  const found = tasks.find(ref);
  await tasks.commit((work) => {
    const task = work.get(found.id) ?? found;
    if (!isEnded(task.state))
      throw notRunning(
        task,
        'retried before it ends',
        `Change it as it is with babysit adjust, or end it first: babysit kill ${task.name}`,
      );
    const holder = work.byName(task.project, task.name);
    if (holder !== undefined && holder.id !== task.id)
      throw new BabysitError('name_taken', `a live task of its project has the name "${task.name}"`, {
        name: task.name,
        hint: `Wait for that one first: babysit wait ${task.name}, or end it: babysit kill ${task.name}`,
      });
    const { largest } = capacitiesOf(task, profiles);
    const changes = changedRequest(task, request, largest.cpuLimitCores);
    if (
      changes.estimate.memBytes !== task.estimate.memBytes ||
      changes.estimate.cpuCores !== task.estimate.cpuCores
    ) {
      const { estimate, limits } = changes;
      const why = whyInfeasible(
        infeasibleNeed(largest, estimate, limits, request.force),
        request.force || traitsOf(task).hasQueue ? null : unscheduled(engine.snapshot(), estimate),
      );
      if (why !== null) throw infeasibleError(why);
    }
    const { line, env, force } = request;
    // The known peak is that of the command before.
    if (!force && line === null) checkPeak(profiles, { ...task, name: tasks.ref(task) }, task.state, changes);
    if (env !== null) work.putEnvironment(task.id, { ...store.environment(task.id), ...env });
    const command = line === null ? task.command : ({ kind: 'shell', line } as const);
    const companion = companionAgain(
      task,
      (ref) => engine.live.get(ref as TaskId) ?? engine.live.byName(task.project, ref),
    );
    work.change(task.id, { kind: 'retry', changes: { ...changes, command, ...companion } }, task);
    reviveFollowers(store, work, task, task.state.endedAt);
  });
  const task = tasks.byId(found.id);
  const view = await tasks.planned(task);
  return { ...view, ...noteOf(request.cpuCores, view.estimated_cpu_cores, companionNote(task)) };
}

/** The kernel would end the next attempt where it ended the last one. */
function checkPeak(
  profiles: Profiles,
  task: Task,
  state: EndedState,
  { estimate, limits }: Pick<Task, 'estimate' | 'limits'>,
): void {
  const bound = boundEstimate({ estimate, ...restated(task, estimate) });
  const { memMaxBytes } = capsOf(task, bound, limits, profiles.settings, task.execOptions);
  const { largest } = capacitiesOf(task, profiles);
  const peakBytes = knownPeak(state);
  if (memMaxBytes > peakBytes) return;
  const command = suggestedCommand(task, largestNeed(largest, limits));
  throw new BabysitError(
    'cap_below_peak',
    `the memory cap would be ${formatSize(memMaxBytes)}, but "${task.name}" reached ${formatSize(peakBytes)}`,
    {
      cap_bytes: memMaxBytes,
      peak_mem_bytes: peakBytes,
      ...(command === null
        ? { hint: 'This host admits no larger estimate: reduce the memory use, then add --force.' }
        : { suggested_command: command }),
    },
  );
}

/** A task that the kernel ended at its cap needs more than the cap; the peak of another one is without page cache. */
function knownPeak({ usage, ...state }: EndedState): number {
  const peakBytes = usage?.peakMemBytes ?? 0;
  if (state.status !== 'killed') return peakBytes - 1;
  const { detail } = state.kill;
  const cutBytes = Math.max(numberIn(detail, 'cap_bytes') ?? 0, numberIn(detail, 'limit_bytes') ?? 0);
  const isAtCap = state.kill.reason === 'cgroup_oom_killed' || state.kill.reason === 'mem_exceeded';
  return isAtCap ? Math.max(cutBytes, numberIn(detail, 'peak_mem_bytes') ?? 0) : peakBytes - 1;
}
