// What one ended run of a command shows about its use, with what cut it short.

import { CPU_MIN_MS, meanCores } from '../core/answers/suggest.ts';
import { elapsedMs } from '../core/elapsed.ts';
import { boundEstimate, KILL_FACTOR } from '../core/estimate.ts';
import { numberIn } from '../core/kill-reasons.ts';
import type { Attempt, EndedState, KillIntent, Task } from '../core/task.ts';

/** One run. A field is null when it was not measured, or when the run is too short to show it. */
export interface RunSample {
  /** Running time without pauses. */
  readonly timeMs: number;
  /** The run was cut short: its time is a lower bound (right-censored). */
  readonly isTimeCut: boolean;
  /** With `memKind` cap: the limit at which the run was cut. Else the peak. */
  readonly memBytes: number | null;
  /** `peak`: measured. `cap`: killed for its memory at this limit. `bound`: killed for another reason, so the peak is a lower bound. */
  readonly memKind: 'peak' | 'cap' | 'bound';
  /** CPU time / running time. */
  readonly cpuCores: number | null;
  /** The cores that the caller declared; null: omitted. */
  readonly declaredCores: number | null;
}

/** Returns null when the end of the run was not seen, so that nothing is known of its length. */
export function runSample(task: Task, ended: EndedState): RunSample | null {
  const { attempt, exit, usage, endedAt } = ended;
  const ranMs = elapsedMs(ended, endedAt);
  if (attempt === null || attempt.startedAt === null || ranMs === null || exit === null) return null;
  const kill = ended.status === 'killed' ? ended.kill : null;
  // A clock that was set back puts the end before the start.
  if (endedAt < attempt.startedAt || isTooLong(task, ranMs, kill)) return null;
  const timeMs = Math.max(1, ranMs);
  const capBytes = kill === null ? null : cutAtBytes(task, kill, attempt);
  const isCut = kill !== null || exit.signal !== null;
  return {
    timeMs,
    isTimeCut: isCut,
    memBytes: capBytes ?? usage?.peakMemBytes ?? null,
    memKind: capBytes !== null ? 'cap' : isCut ? 'bound' : 'peak',
    cpuCores: timeMs > CPU_MIN_MS ? coresWithin(attempt, meanCores(usage, timeMs)) : null,
    declaredCores: task.basis?.from.cpuCores === 'declared' ? task.basis.stated.cpuCores : null,
  };
}

/** Added to twice its kill timeout, for the grace of a kill and a daemon that was busy. */
const LATE_MS = 60_000;

/**
 * The watchdog, which counts monotonic time, would have ended the run long before: the clock jumped forward, or no daemon
 * watched it.
 */
function isTooLong({ limits }: Task, ranMs: number, kill: KillIntent | null): boolean {
  return kill?.reason !== 'elapsed_exceeded' && ranMs > KILL_FACTOR * limits.killTimeoutMs + LATE_MS;
}

/** A clock that was set back shortens the time. No run uses more cores than its cap. */
function coresWithin({ envelope }: Attempt, cores: number | null): number | null {
  return cores === null ? null : Math.min(cores, envelope.cpuMaxCores);
}

/** The limit at which a kill for the memory of its own stopped the run; null for other kills. */
function cutAtBytes(task: Task, { reason, detail }: KillIntent, { envelope }: Attempt): number | null {
  switch (reason) {
    case 'cgroup_oom_killed':
      return numberIn(detail, 'cap_bytes') ?? envelope.memMaxBytes;
    case 'mem_exceeded':
      return numberIn(detail, 'limit_bytes') ?? envelope.memMaxBytes;
    case 'estimated_mem_exceeded':
      return Math.max(KILL_FACTOR * boundEstimate(task).memBytes, numberIn(detail, 'peak_mem_bytes') ?? 0);
    default:
      return null;
  }
}
