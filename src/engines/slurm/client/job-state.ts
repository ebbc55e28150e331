// What the state of a Slurm job means: waiting and for what, running, or how it ended. Pure.

import type { SlurmJob } from './job-rows.ts';
import { signalName } from './signal-name.ts';
import { waitingText } from './waiting-text.ts';

export type JobEnd =
  | { readonly kind: 'exited'; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'timeout' }
  /** Null: Slurm did not print the number. */
  | { readonly kind: 'out_of_memory'; readonly usedBytes: number | null; readonly limitBytes: number | null }
  /** `nodes`: those of the job, as `n[1-2]`. */
  | { readonly kind: 'node_failed'; readonly nodes: string }
  | { readonly kind: 'preempted' }
  /** By scancel, of another user than the daemon when the daemon sent none. */
  | { readonly kind: 'cancelled' }
  /** A job that it depends on did not end as required. */
  | { readonly kind: 'never_satisfied' }
  | { readonly kind: 'could_not_start'; readonly message: string }
  /** A state or reason that this table does not know, in Slurm's own words. */
  | { readonly kind: 'failed'; readonly reason: string };

export type JobReading =
  | { readonly kind: 'pending'; readonly waitingFor: string }
  | { readonly kind: 'running' }
  | { readonly kind: 'suspended' }
  /** The script has ended, its processes and the epilog may still run: not an end. */
  | { readonly kind: 'ending' }
  | { readonly kind: 'ended'; readonly end: JobEnd };

type Facts = Pick<SlurmJob, 'state' | 'waitStatus' | 'reason' | 'nodes'>;

/** `output`: the last lines of the job's output, where Slurm itself writes why it ended a job. */
export function readJob(job: Facts, output = ''): JobReading {
  const { state, reason } = job;
  switch (state) {
    case 'PENDING':
    case 'REQUEUED':
    case 'REQUEUE_FED':
    case 'REQUEUE_HOLD':
    case 'SPECIAL_EXIT':
    case 'RESV_DEL_HOLD':
      return { kind: 'pending', waitingFor: waitingText(reason) };
    // Also after SIGCONT (22.05): a job that only a signal stopped.
    case 'STOPPED':
    case 'RUNNING':
    case 'CONFIGURING':
    case 'RESIZING':
    case 'SIGNALING':
      return { kind: 'running' };
    case 'SUSPENDED':
      return { kind: 'suspended' };
    case 'COMPLETING':
    case 'STAGE_OUT':
      return { kind: 'ending' };
    default:
      return { kind: 'ended', end: endOf(job, output) };
  }
}

function endOf(job: Facts, output: string): JobEnd {
  switch (job.state) {
    case 'COMPLETED':
      return { kind: 'exited', code: 0, signal: null };
    case 'FAILED':
      return failure(job, output);
    case 'TIMEOUT':
    case 'DEADLINE':
      return { kind: 'timeout' };
    case 'OUT_OF_MEMORY':
      return { kind: 'out_of_memory', ...memoryIn(output) };
    case 'NODE_FAIL':
    case 'BOOT_FAIL':
      return { kind: 'node_failed', nodes: job.nodes };
    case 'PREEMPTED':
      return { kind: 'preempted' };
    case 'CANCELLED':
      return cancellation(job);
    default:
      return { kind: 'failed', reason: `${job.state}${isSaid(job.reason) ? ` (${job.reason})` : ''}` };
  }
}

/** slurmstepd reports with this "signal" that it could not open a file of the job. */
const CANNOT_OPEN = 53;

function failure({ waitStatus, reason, nodes }: Facts, output: string): JobEnd {
  const status = waitStatus ?? 0;
  const signal = status & 0x7f;
  if (signal === CANNOT_OPEN)
    return {
      kind: 'could_not_start',
      message: `node ${nodes} cannot open the output file of the job: is the shared directory mounted there?`,
    };
  // The accounting plugin kills by SIGKILL and leaves only this line. With cgroups the state is OUT_OF_MEMORY.
  if (signal === 9 && OVER_MEMORY.test(output)) return { kind: 'out_of_memory', ...memoryIn(output) };
  if (signal !== 0) return { kind: 'exited', code: null, signal: signalName(signal) };
  const code = (status >> 8) & 0xff;
  if (code !== 0) return { kind: 'exited', code, signal: null };
  return isSaid(reason)
    ? {
        kind: 'could_not_start',
        message: `Slurm could not start the job on ${nodes || 'any node'}: ${reason}`,
      }
    : { kind: 'failed', reason: 'FAILED' };
}

function cancellation({ reason }: Facts): JobEnd {
  return { kind: reason === 'DependencyNeverSatisfied' ? 'never_satisfied' : 'cancelled' };
}

const isSaid = (reason: string) => reason !== '' && reason !== 'None';

const OVER_MEMORY = /exceeded memory limit \((\d+) > (\d+)\), being killed|oom[-_ ]kill/i;

function memoryIn(output: string): { usedBytes: number | null; limitBytes: number | null } {
  const [, used, limit] = OVER_MEMORY.exec(output) ?? [];
  return {
    usedBytes: used === undefined ? null : Number(used),
    limitBytes: limit === undefined ? null : Number(limit),
  };
}
