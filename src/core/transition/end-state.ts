// Decides how an attempt ended: completed, failed, killed or interrupted. Pure.
import type { Attempt, Cause, EndedState, Exit, InterruptReason, KillIntent, Task, Usage } from '../task.ts';
import { reasonOf } from './retry.ts';
import type { Transition } from './transition.ts';

/** An intended kill decides first, then an OOM kill with evidence, then the exit. */
export function endedState(attempt: Attempt, exit: Exit, usage: Usage | null, at: number): EndedState {
  const ended = { endedAt: at, attempt, exit, usage };
  const kill = withKernelPeak(attempt.kill, usage) ?? kernelKill(attempt, exit, usage);
  if (kill !== null) {
    const stoppedGracefully =
      attempt.kill !== null &&
      kill.signal !== 'SIGKILL' &&
      kill.killedAt === null &&
      exit.signal !== 'SIGKILL';
    return { status: 'killed', kill, stoppedGracefully, ...ended };
  }
  if (exit.code === 0) return { status: 'completed', ...ended };
  const message = exit.signal === null ? null : `ended by ${exit.signal}, not sent by babysit`;
  return { status: 'failed', reason: 'exit', message, ...ended };
}

export function lost(attempt: Attempt, reason: InterruptReason, usage: Usage | null, at: number): EndedState {
  const ended = { endedAt: at, attempt, exit: null, usage };
  const kill = attempt.kill;
  if (kill !== null && (reason === 'supervisor_lost' || reason === 'records_removed'))
    return { status: 'killed', kill, stoppedGracefully: false, ...ended };
  return { status: 'interrupted', reason, ...ended };
}

/** The peak may lie between two samples of the watchdog: take the kernel's own. */
function withKernelPeak(kill: KillIntent | null, usage: Usage | null): KillIntent | null {
  if (kill?.reason !== 'cgroup_oom_killed') return kill;
  const peakBytes = Math.max(Number(kill.detail.peak_mem_bytes ?? 0), usage?.peakMemCachedBytes ?? 0);
  return { ...kill, detail: { ...kill.detail, peak_mem_bytes: peakBytes } };
}

/** A kill by the kernel's OOM killer. SIGKILL alone proves none: another process, or `ulimit -t`, sends it too. */
function kernelKill(attempt: Attempt, exit: Exit, usage: Usage | null): KillIntent | null {
  if (exit.code === 0 || usage === null || usage.oom === null) return null;
  const { oomKills, peakMemBytes, peakMemCachedBytes } = usage;
  // Without a counter of the group, only the host's counter rose: the signal must fit.
  if (oomKills === null && exit.signal !== 'SIGKILL') return null;
  const isOwnCap = usage.oom === 'own_cap';
  return {
    reason: isOwnCap ? 'cgroup_oom_killed' : 'kernel_oom',
    at: exit.at,
    signal: 'SIGKILL',
    killedAt: exit.at,
    detail: {
      cap_bytes: attempt.envelope.memMaxBytes,
      peak_mem_bytes: isOwnCap ? (peakMemCachedBytes ?? peakMemBytes) : peakMemBytes,
      oom_kills: oomKills,
    },
  };
}

export function end(task: Task, state: EndedState): Transition {
  const by = state.status === 'killed' ? state.kill.detail.killed_by : undefined;
  const killer = typeof by === 'string' ? { killed_by: by } : {};
  const attempt = state.attempt?.number ?? null;
  return {
    task: { ...task, state },
    event: { event: 'ended', status: state.status, attempt, reason: reasonOf(state), ...killer },
  };
}

export function failedBy(task: Task, cause: Cause, at: number): Transition {
  return end(task, {
    status: 'failed',
    reason: 'dependency_failed',
    message: `its dependency "${cause.name}" ended ${cause.status}`,
    cause,
    endedAt: at,
    attempt: null,
    exit: null,
    usage: null,
  });
}
