// The hint for every kill and interrupt reason: the measured numbers, and what to change before the next run.
import { counted } from '../counted.ts';
import { boundEstimate } from '../estimate.ts';
import type { Rlimits } from '../inherited.ts';
import { type Format, type KillDetail, type KillReason, killReasonRow, numberIn } from '../kill-reasons.ts';
import type { Exit, InterruptReason, Task, Usage } from '../task.ts';
import { type Most, suggestEstimates, suggestLimits } from './suggest.ts';

export function killHint(
  reason: KillReason,
  task: Task,
  usage: Usage | null,
  detail: KillDetail,
  format: Format,
  most?: Most,
): string {
  return killReasonRow(reason).hint({
    name: task.name,
    estimate: boundEstimate(task),
    limits: task.limits,
    suggested: suggestEstimates(task, usage, { reason, detail }, most),
    suggestedLimits: suggestLimits(task.limits, { detail }),
    peakMemBytes: Math.max(usage?.peakMemBytes ?? 0, numberIn(detail, 'peak_mem_bytes') ?? 0),
    detail,
    isGraceful: task.state.status === 'killed' && task.state.stoppedGracefully,
    format,
  });
}

/** `ref` refers to the task in a command. */
export function interruptHint(
  reason: InterruptReason,
  ref: string,
  { requeue, lostAttempts = 0 }: Pick<Task, 'requeue' | 'lostAttempts'>,
): string {
  const again = `run it again with babysit retry ${ref}`;
  const lost = `The cluster has lost ${counted(lostAttempts + 1, 'attempt')} of it, and engine.requeue_max allows no other one`;
  switch (reason) {
    case 'host_rebooted':
      return `The host restarted while the task was running: ${again}`;
    case 'node_failed':
      return `The node of the cluster failed while the task was running. ${requeue ? `${lost}: sinfo --list-reasons shows what is wrong with nodes, then` : 'Submit it with --requeue, or'} ${again}`;
    case 'preempted':
      return `The cluster ended the task for one with a higher priority. ${requeue ? `${lost}: raise it, or choose another engine.slurm.partition, then` : 'Submit it with --requeue, or'} ${again}`;
    case 'job_lost':
      return `The cluster no longer knows the job of the task${requeue ? `. ${lost}` : ', so the exit code is unknown'}: check the log, then ${again}`;
    case 'kill_stuck':
      return 'Processes survived SIGKILL for a minute and are still there: the event kill_stuck has their pids and what they sleep in. They are in uninterruptible sleep, belong to another user, or are frozen by another program.';
    case 'logged_out':
      return `The user logged out, and systemd ended the daemon and its tasks: run loginctl enable-linger "$USER" once, then ${again}`;
    case 'records_removed':
      return `The files of the attempt were removed from BABYSIT_HOME while it ran, so the exit code is unknown: check what the command deletes, then ${again}`;
    case 'supervisor_lost':
      return `Another process killed the task's supervisor, so the exit code is unknown: check the log, then ${again}`;
  }
}

/** Limits below which usual programs fail. */
const LOW_LIMITS = [
  { name: 'nproc', least: 64, unit: 1, what: 'processes (ulimit -u)' },
  { name: 'nofile', least: 64, unit: 1, what: 'open files (ulimit -n)' },
  { name: 'as', least: 2 ** 31, unit: 1024, what: 'KiB of address space (ulimit -v)' },
  { name: 'data', least: 2 ** 30, unit: 1024, what: 'KiB of data (ulimit -d)' },
  { name: 'stack', least: 2 ** 20, unit: 1024, what: 'KiB of stack (ulimit -s)' },
  { name: 'fsize', least: 2 ** 24, unit: 1024, what: 'KiB of one file (ulimit -f)' },
] as const;

/** For a command that failed under low limits of its caller; null without them. */
export function limitHint(rlimits: Rlimits): string | null {
  const low = LOW_LIMITS.filter(({ name, least }) => Number(rlimits[name]?.[0]) < least);
  if (low.length === 0) return null;
  const texts = low.map(({ name, unit, what }) => `${Math.floor(Number(rlimits[name]?.[0]) / unit)} ${what}`);
  return `It ran under low limits of its caller: at most ${texts.join(', ')}. If its output complains about one of them, raise it where you call babysit run.`;
}

/** For a signal that babysit did not send; null without one, or when the log explains it. */
export function signalHint(exit: Exit | null): string | null {
  switch (exit?.signal) {
    case 'SIGKILL':
      return 'Another process sent SIGKILL, or the command reached its CPU time limit: check ulimit -t and the scripts around it. The kernel reports no OOM kill of this task.';
    case 'SIGXCPU':
      return 'The command reached its CPU time limit: raise ulimit -t where you call babysit run, or in the command.';
    case 'SIGXFSZ':
      return 'The command reached its file size limit: raise ulimit -f where you call babysit run, or in the command.';
    default:
      return null;
  }
}
