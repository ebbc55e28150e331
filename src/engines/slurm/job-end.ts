// What the end of a job means for its attempt: before the command began, and after it left no exit record. Pure.
import type { Attempt, Task } from '../../core/task.ts';
import type { Loss, StartFailure } from '../port.ts';
import type { JobEnd } from './client/job-state.ts';

/** `vanished`: Slurm no longer knows the job, and no job has its comment. */
export type EndOfJob = (JobEnd | { readonly kind: 'vanished' }) & {
  /** See isNearStart. */
  readonly isDoubtful?: true;
};

/**
 * A killed slurmctld gives the ids that it gave after its last save again. While the old job of such an id still runs on a
 * node, its end counts as that of the new one, and its node refuses to start the new one and has it cancelled. The old one
 * is over soon: slurmctld asks the nodes when it starts, and slurmstepd repeats its report every 15 s.
 */
const DOUBT_MS = 60_000;

/** What slurmctld did at `at` may be meant for an older job with the same id. It may have started twice, so before, too. */
export function isNearStart(bootedAt: number | null, at: number | null): boolean {
  return at !== null && bootedAt !== null && Math.abs(at - bootedAt) < DOUBT_MS;
}

const BY_SLURM = { by: 'slurm' } as const;

/** `output`: the last lines that the job script and Slurm have printed. `notShared`: exit code of a script without its file. */
export function startFailure(end: EndOfJob, output: string, notShared: number): StartFailure {
  const last = output.trim().split('\n').at(-1) ?? '';
  const printed = last === '' ? '' : `: ${last}`;
  if (end.isDoubtful)
    return { kind: 'requeue', why: 'slurmctld had just started, and ended its job before the command began' };
  switch (end.kind) {
    case 'cancelled':
      return { kind: 'cancelled', detail: BY_SLURM };
    case 'never_satisfied':
      return { kind: 'requeue', why: 'a job that it depends on did not end as required' };
    case 'vanished':
      return {
        kind: 'lost',
        why: 'Slurm no longer knows its job',
        fix: 'ask the administrator of the cluster why slurmctld loses jobs',
      };
    case 'node_failed':
      return {
        kind: 'lost',
        why: `node ${end.nodes} failed before the command began`,
        fix: 'sinfo --list-reasons shows what is wrong with nodes, and --exclude=NODE in engine.slurm.extra_flags avoids one',
      };
    case 'preempted':
      return {
        kind: 'lost',
        why: 'Slurm preempted its job before the command began',
        fix: 'choose another engine.slurm.partition or engine.slurm.qos',
      };
    case 'could_not_start':
      return { kind: 'failed', message: end.message };
    case 'failed':
      return { kind: 'failed', message: `Slurm ended the job: ${end.reason}${printed}` };
    case 'timeout':
      return {
        kind: 'failed',
        message: `the time limit of the job passed before the command began${printed}`,
      };
    case 'out_of_memory':
      return { kind: 'failed', message: `the job had no memory for its supervisor${printed}` };
    case 'exited':
      if (end.code === notShared)
        return { kind: 'failed', message: `${last}: the node does not see the shared directory` };
      return {
        kind: 'failed',
        message: `the job script ended ${howOf(end)} before the command began${printed}`,
      };
  }
}

/** Null: the records have to explain it. */
export function lossOf(
  end: EndOfJob,
  task: Task,
  attempt: Attempt,
  nowMs: number,
  peakBytes: number,
): Loss | null {
  switch (end.kind) {
    case 'cancelled':
      return { kind: 'killed', reason: 'manual', detail: BY_SLURM };
    case 'timeout':
      return {
        kind: 'killed',
        reason: 'elapsed_exceeded',
        detail: {
          elapsed_ms: Math.max(0, nowMs - (attempt.startedAt ?? nowMs) - attempt.pausedMs),
          kill_timeout_ms: task.limits.killTimeoutMs,
          ...BY_SLURM,
        },
      };
    case 'out_of_memory':
      return {
        kind: 'killed',
        reason: 'cgroup_oom_killed',
        detail: {
          cap_bytes: end.limitBytes ?? attempt.envelope.memMaxBytes,
          peak_mem_bytes: Math.max(end.usedBytes ?? 0, peakBytes),
          ...BY_SLURM,
        },
      };
    case 'node_failed':
      return { kind: 'interrupted', reason: 'node_failed', why: `node ${end.nodes} failed` };
    case 'preempted':
      return { kind: 'interrupted', reason: 'preempted', why: 'Slurm preempted its job' };
    case 'vanished':
      return { kind: 'interrupted', reason: 'job_lost', why: 'Slurm no longer knows its job' };
    case 'never_satisfied':
    case 'could_not_start':
    case 'failed':
    case 'exited':
      return null;
  }
}

function howOf({ code, signal }: Extract<EndOfJob, { kind: 'exited' }>): string {
  return signal === null ? `with exit code ${code}` : `by ${signal}`;
}
