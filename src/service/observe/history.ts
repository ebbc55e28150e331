// Reads the tasks that ended within a time, in pages: the daemon serves other requests between two of them.
import type { HistoryRequest, PastRunView } from '../../api/schemas/observe/history.ts';
import type { Clock } from '../../core/clock.ts';
import { elapsedMs } from '../../core/elapsed.ts';
import { type EndedState, isEnded, ownerOf, type Task } from '../../core/task.ts';
import type { Store } from '../../store/store.ts';
import { idPages } from '../lookup/pages.ts';
import { commandText } from '../views/task-view.ts';

const ENDED = ['completed', 'failed', 'killed', 'interrupted'] as const;
/** A longer text adds nothing to a group of commands. */
const COMMAND_MAX = 300;

export async function* history(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  { sinceMs, project, owner }: HistoryRequest,
): AsyncGenerator<readonly PastRunView[]> {
  const filter = {
    statuses: ENDED,
    endedSince: clock.now().wallMs - sinceMs,
    ...(project === null ? {} : { project }),
    ...(owner === null ? {} : { owner }),
  };
  for await (const ids of idPages(store, filter)) {
    // A task may have been removed or retried since the selection.
    const tasks = ids.map((id) => store.byId(id)).filter((task) => task !== null);
    yield tasks.flatMap((task) => (isEnded(task.state) ? [pastRun(task, task.state)] : []));
  }
}

function pastRun(task: Task, state: EndedState): PastRunView {
  const { estimate, history: earlier } = task;
  const startedAt = state.attempt?.startedAt ?? null;
  const firstStart = earlier.find((attempt) => attempt.startedAt !== null)?.startedAt ?? startedAt;
  return {
    id: task.id,
    name: task.name,
    owner: ownerOf(task),
    project: task.project,
    command: commandText(task.command).slice(0, COMMAND_MAX),
    status: state.status,
    reason: reasonOf(state),
    earlier_kills: earlier.flatMap(({ status, reason }) =>
      status === 'killed' && reason !== null ? [reason] : [],
    ),
    ended_at: new Date(state.endedAt).toISOString(),
    waited_ms: firstStart === null ? null : Math.max(0, firstStart - task.submittedAt),
    elapsed_ms: elapsedMs(state, state.endedAt),
    estimated_time_ms: estimate.timeMs,
    estimated_mem_bytes: estimate.memBytes,
    estimated_cpu_cores: estimate.cpuCores,
    peak_mem_bytes: state.usage?.peakMemBytes ?? null,
    cpu_seconds: state.usage?.cpuSeconds ?? null,
  };
}

function reasonOf(state: EndedState): string | null {
  switch (state.status) {
    case 'completed':
      return null;
    case 'killed':
      return state.kill.reason;
    case 'failed':
    case 'interrupted':
      return state.reason;
  }
}
