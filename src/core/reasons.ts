// Every kill and interrupt reason with the sentence that says what to do next, filled with the measured numbers.
import { suggestEstimates } from './suggest.ts';
import type { InterruptReason, KillDetail, KillReason, Task, Usage } from './task.ts';

/** Formats bytes and milliseconds for hints; handed in because the core imports no package. */
export interface Format {
  size(bytes: number): string;
  duration(ms: number): string;
}

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
  const suggested = suggestEstimates(task, usage, { reason, detail });
  const mem = format.size(suggested.memBytes);
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
      return `Used ${numberOf(detail, 'cpu_cores')} cores where ${estimate.cpuCores} were estimated: raise --estimated_cpu_cores to ${suggested.cpuCores} or give it fewer threads.`;
    case 'pids_exceeded':
      return `Kept hitting its limit of ${numberOf(detail, 'pids_max')} processes: look for a fork loop, or raise envelope.pids_max in the config.`;
    case 'elapsed_exceeded':
      return `Ran ${format.duration(numberOf(detail, 'elapsed_ms'))}: raise --estimated_time to ${format.duration(suggested.timeMs)} (now ${format.duration(estimate.timeMs)}) or --kill_timeout (now ${format.duration(limits.killTimeoutMs)}), or split the work.`;
    case 'observability_stall':
      if (limits.isStrict)
        return `No progress in the output for ${format.duration(numberOf(detail, 'silent_ms'))}: --observability=strict counts only lines that differ from the last ones, digits and dots folded, so name what is being worked on more often than --observability_interval (now ${format.duration(limits.observabilityMs)}), raise the interval, or leave strict out.`;
      return `No output for ${format.duration(numberOf(detail, 'silent_ms'))}: print a line of progress more often than --observability_interval (now ${format.duration(limits.observabilityMs)}), switch off output buffering (PYTHONUNBUFFERED=1 is set already; use flush=True, stdbuf -oL, --pty), or raise the interval.`;
    case 'system_mem_pressure':
      return `${shortage(detail)} for ${numberOf(detail, 'sustained_s')} s and this task held ${format.size(numberOf(detail, 'victim_mem_bytes'))} ${
        detail.victim_tier === 'above_estimate'
          ? `where ${format.size(estimate.memBytes)} was estimated: raise --estimated_mem_bytes to ${mem}, so that room is kept for it, or reduce the batch size.`
          : `within its estimate: run it again with --queue, it will wait for room${outsideNote(detail, format)}.`
      }`;
    case 'system_disk_pressure':
      return `The disk was ${numberOf(detail, 'host_disk_pct')}% full for ${numberOf(detail, 'sustained_s')} s and this task wrote the most, ${format.size(numberOf(detail, 'victim_written_bytes'))} meanwhile: free space (babysit clean removes old logs), write less, or write to another disk, then run it again.`;
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

/** By use where that was above its limit, else by what the kernel says of processes that waited. */
function shortage(detail: KillDetail): string {
  const pct = numberOf(detail, 'host_mem_pct');
  const stalledPct = numberOf(detail, 'psi_mem_full_avg10_pct');
  return pct <= numberOf(detail, 'limit_pct') && stalledPct > 0
    ? `The host stood still ${stalledPct}% of the time for want of memory`
    : `The host was at ${pct}% of its memory`;
}

/** The largest process that is none of ours is often what to end first. */
function outsideNote(detail: KillDetail, format: Format): string {
  const { top_outside_name: name } = detail;
  return typeof name === 'string'
    ? ` (outside, ${name} with pid ${numberOf(detail, 'top_outside_pid')} holds ${format.size(numberOf(detail, 'top_outside_rss_bytes'))})`
    : '';
}
