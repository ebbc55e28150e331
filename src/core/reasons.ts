// Every kill and interrupt reason with the sentence that says what to do next, filled with the measured numbers.
import type { InterruptReason, KillDetail, KillReason, Task, Usage } from './task.ts';

/** Formats bytes and milliseconds for hints; handed in because the core imports no package. */
export interface Format {
  size(bytes: number): string;
  duration(ms: number): string;
}

const RAISE_STEP_BYTES = 64 * 1024 ** 2;

/** One sentence with numbers that tells the caller what to change. */
export function killHint(
  reason: KillReason,
  task: Task,
  usage: Usage | null,
  detail: KillDetail,
  format: Format,
): string {
  const peak = Math.max(usage?.peakMemBytes ?? 0, numberOf(detail, 'peak_mem_bytes'));
  const { estimate, limits } = task;
  const mem = format.size(roundUp(Math.max(peak * 1.25, estimate.memBytes * 1.5)));
  switch (reason) {
    case 'estimated_mem_exceeded':
      return `Used ${format.size(peak)} where ${format.size(estimate.memBytes)} was estimated: raise --estimated_mem_bytes to ${mem} or reduce the batch size.`;
    case 'cgroup_oom_killed':
      return `Reached its memory cap of ${format.size(numberOf(detail, 'cap_bytes'))}: raise --estimated_mem_bytes to ${mem} (the cap is 3 x the estimate, at most --mem_pct_limit of the host) or reduce the batch size.`;
    case 'mem_exceeded':
      return isOverEstimate(detail)
        ? `Used ${format.size(peak)} where ${format.size(estimate.memBytes)} was estimated: raise --estimated_mem_bytes to ${mem} or reduce the batch size.`
        : `Used ${format.size(peak)}, more than ${limits.memPctLimit}% of the host's memory: reduce its memory use or raise --mem_pct_limit.`;
    case 'kernel_oom':
      return `Ended by SIGKILL that babysit did not send, at a peak of ${format.size(peak)} and without an OOM in its own cgroup: the host ran out of memory or somebody killed it; check dmesg, then run it again with fewer tasks beside it.`;
    case 'estimated_cpu_exceeded':
      return `Used ${numberOf(detail, 'cpu_cores')} cores where ${estimate.cpuCores} were estimated: raise --estimated_cpu_cores to ${Math.ceil(numberOf(detail, 'cpu_cores'))} or give it fewer threads.`;
    case 'pids_exceeded':
      return `Kept hitting its limit of ${numberOf(detail, 'pids_max')} processes: look for a fork loop, or raise envelope.pids_max in the config.`;
    case 'elapsed_exceeded':
      return `Ran ${format.duration(numberOf(detail, 'elapsed_ms'))}: raise --estimated_time (now ${format.duration(estimate.timeMs)}) or --kill_timeout (now ${format.duration(limits.killTimeoutMs)}), or split the work.`;
    case 'observability_stall':
      return `No output for ${format.duration(numberOf(detail, 'silent_ms'))}: print a line of progress more often than --observability_interval (now ${format.duration(limits.observabilityMs)}), switch off output buffering (PYTHONUNBUFFERED=1 is set already; use flush=True, stdbuf -oL), or raise the interval.`;
    case 'manual':
      return 'Ended by request of a user; nothing to change.';
  }
}

export function interruptHint(reason: InterruptReason): string {
  switch (reason) {
    case 'host_rebooted':
      return 'The host restarted while the task ran: run it again.';
    case 'supervisor_lost':
      return "The task's supervisor process was killed from outside, so its exit code is unknown: check the log, then run it again.";
  }
}

/** The bound that was crossed was three times the estimate, not the share of the host. */
function isOverEstimate(detail: KillDetail): boolean {
  return numberOf(detail, 'mem_pct_limit_bytes') > numberOf(detail, 'limit_bytes');
}

function numberOf(detail: KillDetail, key: string): number {
  const value = detail[key];
  return typeof value === 'number' ? value : 0;
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / RAISE_STEP_BYTES) * RAISE_STEP_BYTES;
}
