// The hint for every kill and interrupt reason: the measured numbers, and what to change before the next run.
import { numberIn, suggestEstimates } from './suggest.ts';
import type { InterruptReason, KillDetail, KillReason, Task, Usage } from './task.ts';

/** Formats bytes and milliseconds. The caller passes it in because the core imports no package. */
export interface Format {
  size(bytes: number): string;
  duration(ms: number): string;
}

export function killHint(
  reason: KillReason,
  task: Task,
  usage: Usage | null,
  detail: KillDetail,
  format: Format,
): string {
  const peak = Math.max(usage?.peakMemBytes ?? 0, numberOf(detail, 'peak_mem_bytes'));
  const { estimate, limits } = task;
  const suggested = suggestEstimates(task, usage, { reason, detail });
  const mem = format.size(suggested.memBytes);
  const overEstimate = `Used ${format.size(peak)}, estimated ${format.size(estimate.memBytes)}: raise --estimated_mem_bytes to ${mem} or reduce the batch size.`;
  switch (reason) {
    case 'estimated_mem_exceeded':
      return overEstimate;
    case 'cgroup_oom_killed':
      return `Reached its memory cap of ${format.size(numberOf(detail, 'cap_bytes'))}: raise --estimated_mem_bytes to ${mem} (the cap is 3 x the estimate, at most --mem_pct_limit of the host) or reduce the batch size.`;
    case 'mem_exceeded':
      return isOverEstimate(detail)
        ? overEstimate
        : `Used ${format.size(peak)}, more than ${limits.memPctLimit}% of the host's memory: reduce its memory use or raise --mem_pct_limit.`;
    case 'kernel_oom':
      return `Ended by a SIGKILL that babysit did not send, at a peak of ${format.size(peak)} and without an OOM kill in its own cgroup: the host ran out of memory, or another process sent the signal. Check dmesg for an OOM kill, then run it again with fewer tasks at the same time.`;
    case 'estimated_cpu_exceeded':
      return `Used ${numberOf(detail, 'cpu_cores')} cores, estimated ${estimate.cpuCores}: raise --estimated_cpu_cores to ${suggested.cpuCores} or run fewer threads.`;
    case 'pids_exceeded':
      return `Forks kept failing at its limit of ${numberOf(detail, 'pids_max')} processes: look for a fork loop, or raise the setting envelope.pids_max.`;
    case 'elapsed_exceeded':
      return `Ran ${format.duration(numberOf(detail, 'elapsed_ms'))}: raise --estimated_time to ${format.duration(suggested.timeMs)} (now ${format.duration(estimate.timeMs)}) or --kill_timeout (now ${format.duration(limits.killTimeoutMs)}), or split the work.`;
    case 'observability_stall':
      if (limits.isStrict)
        return `No progress in the output for ${format.duration(numberOf(detail, 'silent_ms'))}: --observability=strict ignores a line that differs from recent lines only in digits and dots. Print the name of the current item more often than --observability_interval (now ${format.duration(limits.observabilityMs)}), raise the interval, or run it without strict.`;
      return `No output for ${format.duration(numberOf(detail, 'silent_ms'))}: print a line of progress more often than --observability_interval (now ${format.duration(limits.observabilityMs)}), turn off output buffering (PYTHONUNBUFFERED=1 is already set; use flush=True, stdbuf -oL or --pty), or raise the interval.`;
    case 'system_mem_pressure':
      return `${shortage(detail)} for ${numberOf(detail, 'sustained_s')} s and this task held ${format.size(numberOf(detail, 'victim_mem_bytes'))}${
        detail.victim_tier === 'above_estimate'
          ? `, estimated ${format.size(estimate.memBytes)}: raise --estimated_mem_bytes to ${mem}, so that the scheduler reserves enough, or reduce the batch size.`
          : `, within its estimate: run it again with --queue to wait for room${outsideNote(detail, format)}.`
      }`;
    case 'system_disk_pressure':
      return `The disk was ${numberOf(detail, 'host_disk_pct')}% full for ${numberOf(detail, 'sustained_s')} s and this task wrote the most in that time, ${format.size(numberOf(detail, 'victim_written_bytes'))}: free space (babysit clean removes old logs), write less, or write to another disk, then run it again.`;
    case 'manual':
      return 'Killed at the request of a user; nothing to change.';
  }
}

export function interruptHint(reason: InterruptReason): string {
  switch (reason) {
    case 'host_rebooted':
      return 'The host restarted while the task was running: run it again.';
    case 'supervisor_lost':
      return "Another process killed the task's supervisor, so the exit code is unknown: check the log, then run it again.";
  }
}

/** True when the exceeded limit is three times the estimate, not --mem_pct_limit of the host. */
function isOverEstimate(detail: KillDetail): boolean {
  return numberOf(detail, 'mem_pct_limit_bytes') > numberOf(detail, 'limit_bytes');
}

function numberOf(detail: KillDetail, key: string): number {
  return numberIn(detail, key) ?? 0;
}

/** Names the limit that was exceeded: the host's memory use, else the kernel's PSI. */
function shortage(detail: KillDetail): string {
  const pct = numberOf(detail, 'host_mem_pct');
  const stalledPct = numberOf(detail, 'psi_mem_full_avg10_pct');
  return pct <= numberOf(detail, 'limit_pct') && stalledPct > 0
    ? `All work on the host stalled ${stalledPct}% of the time for lack of memory`
    : `The host was at ${pct}% of its memory`;
}

/** The largest process outside babysit is often the first one to end. */
function outsideNote(detail: KillDetail, format: Format): string {
  const { top_outside_name: name } = detail;
  return typeof name === 'string'
    ? ` (outside babysit, ${name} with pid ${numberOf(detail, 'top_outside_pid')} holds ${format.size(numberOf(detail, 'top_outside_rss_bytes'))})`
    : '';
}
