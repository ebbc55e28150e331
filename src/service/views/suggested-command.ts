// The one command to run after a kill: a retry with what has to change.

import { type Most, suggestEstimates, suggestLimits } from '../../core/answers/suggest.ts';
import { boundEstimate } from '../../core/estimate.ts';
import { hasOutlived, isCapOfHost } from '../../core/kill-reasons.ts';
import type { Task } from '../../core/task.ts';
import { exactDuration } from '../../units/duration.ts';
import { exactSize } from '../../units/size.ts';

/** Returns null when the task was not killed, or when no retry would end differently. */
export function suggestedCommand(task: Task, most: Most): string | null {
  if (task.state.status !== 'killed') return null;
  const flags = changedFlags({ ...task, estimate: boundEstimate(task) }, task.state, most);
  return flags === null ? null : ['babysit retry', task.name, ...flags, '--queue'].join(' ');
}

type Killed = Extract<Task['state'], { status: 'killed' }>;

function changedFlags(task: Task, { kill, usage }: Killed, most: Most): readonly string[] | null {
  const { estimate, limits } = task;
  // More time changes nothing: the same processes would stay.
  if (hasOutlived(kill.detail)) return null;
  const suggested = suggestEstimates(task, usage, kill, most);
  const { killTimeoutMs, observabilityMs } = suggestLimits(limits, kill);
  const moreMemory =
    suggested.memBytes > estimate.memBytes
      ? [`--estimated_mem_bytes=${exactSize(suggested.memBytes)}`]
      : null;
  switch (kill.reason) {
    case 'cgroup_oom_killed':
    case 'mem_exceeded':
      // The cap would be the same, and the retry would be refused.
      return isCapOfHost(estimate, kill.detail) ? null : moreMemory;
    case 'estimated_mem_exceeded':
      return moreMemory;
    case 'estimated_cpu_exceeded':
      return suggested.cpuCores > estimate.cpuCores ? [`--estimated_cpu_cores=${suggested.cpuCores}`] : null;
    case 'elapsed_exceeded':
      // A kill timeout of its own does not follow the estimate.
      return limits.killTimeoutMs === 2 * estimate.timeMs
        ? [`--estimated_time=${exactDuration(suggested.timeMs)}`]
        : [`--kill_timeout=${exactDuration(killTimeoutMs)}`];
    case 'observability_stall':
      return kill.detail.is_computing === true
        ? [`--observability_interval=${exactDuration(observabilityMs)}`]
        : // It would hang again.
          null;
    case 'system_mem_pressure':
      return kill.detail.victim_tier === 'above_estimate' ? moreMemory : [];
    case 'system_disk_pressure':
    case 'kernel_oom':
      return [];
    case 'pids_exceeded':
    case 'while_ended':
    case 'parent_killed':
    case 'manual':
      return null;
  }
}
