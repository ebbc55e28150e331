// The kill reasons, one row each: the hint for the next run, and what a retry or a suggested estimate draws from the kill.
import { counted } from './counted.ts';
import { CAP_FACTOR, type Estimate, type Limits } from './estimate.ts';

/** The numbers that led to a kill, as shown: keys in snake_case, the unit last. */
export type KillDetail = Readonly<Record<string, string | number | boolean | null>>;

/** Formats bytes and milliseconds. The caller passes it in because the core imports no package. */
export interface Format {
  size(bytes: number): string;
  duration(ms: number): string;
}

export interface KillFacts {
  /** Of the task. */
  readonly name: string;
  readonly estimate: Estimate;
  readonly limits: Limits;
  /** The estimate suggested for the next run. */
  readonly suggested: Estimate;
  /** The limits of time suggested for the next run. */
  readonly suggestedLimits: Pick<Limits, 'killTimeoutMs' | 'observabilityMs'>;
  readonly peakMemBytes: number;
  readonly detail: KillDetail;
  /** It ended within the grace period. */
  readonly isGraceful: boolean;
  readonly format: Format;
}

/**
 * A higher estimate hides a leak or a loop until the next limit, and takes room from others. First in the hint, whose end
 * the short form cuts.
 */
function audited(what: string, flag: string, rest: string): string {
  return `audit the script first, raise the ${what} last (${flag})${rest}`;
}

interface KillReasonRow {
  /** The measured numbers, and what to change before the next run. */
  readonly hint: (facts: KillFacts) => string;
  /** The dimension that exceeded its estimate: the suggested estimate raises it. */
  readonly exceeded?: keyof Estimate;
  /** The cause that --retry_on names; without one the kill is final. */
  readonly retryCause?: 'oom' | 'stall';
}

export const KILL_REASONS = {
  estimated_mem_exceeded: { exceeded: 'memBytes', retryCause: 'oom', hint: memoryHint },
  estimated_cpu_exceeded: {
    exceeded: 'cpuCores',
    hint: ({ estimate, suggested, detail }) =>
      `Used ${counted(numberOf(detail, 'cpu_cores'), 'core')}, estimated ${estimate.cpuCores}: ${
        suggested.cpuCores > estimate.cpuCores
          ? audited('estimate', `--estimated_cpu_cores=${suggested.cpuCores}`, ', or run fewer threads.')
          : 'audit the script first, then run fewer threads: this host admits no larger estimate.'
      }`,
  },
  cgroup_oom_killed: {
    exceeded: 'memBytes',
    retryCause: 'oom',
    hint: ({ estimate, limits, suggested, detail, format }) => {
      const reached = `Reached its memory cap of ${format.size(numberOf(detail, 'cap_bytes'))}`;
      return isCapOfHost(estimate, detail) || suggested.memBytes <= estimate.memBytes
        ? `${reached}, which no larger estimate raises: audit the script first, reduce the batch size, raise --mem_pct_limit last (now ${limits.memPctLimit}).`
        : `${reached}: ${audited('estimate', `--estimated_mem_bytes=${format.size(suggested.memBytes)} or more`, '.')}`;
    },
  },
  kernel_oom: {
    hint: ({ peakMemBytes, detail, format }) =>
      `Ended by the kernel's OOM killer at a peak of ${format.size(peakMemBytes)}, below its cap of ${format.size(numberOf(detail, 'cap_bytes'))}: the host, a cgroup around babysit, or all tasks together ran out of memory. Run fewer tasks at the same time, or free memory outside babysit.`,
  },
  mem_exceeded: {
    exceeded: 'memBytes',
    retryCause: 'oom',
    hint: (facts) =>
      isOverEstimate(facts.detail) && !isCapOfHost(facts.estimate, facts.detail)
        ? memoryHint(facts)
        : `Used ${facts.format.size(facts.peakMemBytes)}, more than ${facts.limits.memPctLimit}% of the host's memory: audit the script first, reduce the batch size, raise --mem_pct_limit last.`,
  },
  pids_exceeded: {
    hint: ({ detail }) =>
      `Forks kept failing at its limit of ${numberOf(detail, 'pids_max')} processes: look for a fork loop, or raise the limit: babysit config set envelope.pids_max ${2 * numberOf(detail, 'pids_max')}`,
  },
  elapsed_exceeded: {
    exceeded: 'timeMs',
    hint: (facts) => {
      if (hasOutlived(facts.detail)) return outlivedHint(facts);
      const { estimate, limits, suggested, suggestedLimits, detail, format } = facts;
      const remainingMs = numberIn(detail, 'remaining_ms');
      const left = remainingMs === null ? '' : ` with about ${format.duration(remainingMs)} left`;
      const ran = `Ran ${format.duration(numberOf(detail, 'elapsed_ms'))}${left}${busyNote(detail)}`;
      // A kill timeout of its own does not follow the estimate.
      return limits.killTimeoutMs === 2 * estimate.timeMs
        ? `${ran}, estimated ${format.duration(estimate.timeMs)}: ${audited('estimate', `--estimated_time=${format.duration(suggested.timeMs)}`, ', or split the work.')}`
        : `${ran}, its timeout is ${format.duration(limits.killTimeoutMs)}: ${audited('timeout', `--kill_timeout=${format.duration(suggestedLimits.killTimeoutMs)}`, ', or split the work.')}`;
    },
  },
  observability_stall: { retryCause: 'stall', hint: stallHint },
  system_mem_pressure: { retryCause: 'oom', hint: pressureHint },
  system_disk_pressure: {
    hint: ({ detail, format }) =>
      `The disk was ${numberOf(detail, 'host_disk_pct')}% full for ${numberOf(detail, 'sustained_s')} s and this task wrote the most in that time, ${format.size(numberOf(detail, 'victim_written_bytes'))}: free space (babysit clean removes old logs), write less, or write to another disk, then run it again.`,
  },
  while_ended: {
    hint: ({ detail: { while: name } }) =>
      `Stopped because the task of its --while${name ? `, ${name},` : ''} ended: its wanted end, nothing to change.`,
  },
  parent_killed: {
    hint: ({ detail: { parent, parent_reason: reason } }) =>
      `Ended because the task around it${parent ? `, ${parent},` : ''} was killed${reason ? ` (${reason})` : ''}; nothing to change here.`,
  },
  manual: {
    hint: ({ name, isGraceful, detail }) =>
      isGraceful
        ? `Stopped at the request of ${killerOf(detail)}: babysit retry ${name} runs it again, from its checkpoint if it has one.`
        : `Killed at the request of ${killerOf(detail)}; nothing to change.`,
  },
} as const satisfies Readonly<Record<string, KillReasonRow>>;

export type KillReason = keyof typeof KILL_REASONS;

/** For schemas of values from outside. */
export const KILL_REASON_NAMES = Object.keys(KILL_REASONS) as [KillReason, ...KillReason[]];

/** `killed_by` is an owner, a person, or the directory of a project without owners. */
function killerOf({ killed_by: by }: KillDetail): string {
  if (typeof by !== 'string') return 'a user';
  return by.startsWith('/') ? `a user in ${by}` : by;
}

/** Widens the row: a literal type lacks the fields that a row leaves out. */
export function killReasonRow(reason: KillReason): KillReasonRow {
  return KILL_REASONS[reason];
}

/** Returns null when the detail lacks the key or holds no number there. */
export function numberIn(detail: KillDetail | undefined, key: string): number | null {
  const value = detail?.[key];
  return typeof value === 'number' ? value : null;
}

function numberOf(detail: KillDetail, key: string): number {
  return numberIn(detail, key) ?? 0;
}

function memoryHint({ estimate, suggested, peakMemBytes, detail, format }: KillFacts): string {
  const used = `Used ${format.size(peakMemBytes)}, estimated ${format.size(estimate.memBytes)}`;
  // At its cap the need is unknown.
  const more = numberIn(detail, 'limit_bytes') === null ? '' : ' or more';
  return suggested.memBytes > estimate.memBytes
    ? `${used}: ${audited('estimate', `--estimated_mem_bytes=${format.size(suggested.memBytes)}${more}`, ', or reduce the batch size.')}`
    : `${used}: audit the script first, then reduce the batch size: this host admits no larger estimate.`;
}

/** The main process has ended, and others keep the task running. */
export function hasOutlived(detail: KillDetail): boolean {
  return typeof detail.left_processes === 'string';
}

function outlivedHint({ detail, format }: KillFacts): string {
  const { main_signal: signal, left_processes: left } = detail;
  const how =
    typeof signal === 'string' ? `by ${signal}` : `with exit code ${numberOf(detail, 'main_exit_code')}`;
  return `The command ended ${how} after ${format.duration(numberOf(detail, 'main_ran_ms'))}, but left ${left}, which kept the task running: wait for it in the command, run it as a task of its own, or end it.`;
}

/** Work that the host did not run is neither slow nor silent. */
function busyNote(detail: KillDetail): string {
  const sharePct = numberIn(detail, 'cpu_share_pct');
  return sharePct === null
    ? ''
    : `, but got ${sharePct} % of the CPU time that it wanted because the host was busy`;
}

function stallHint(facts: KillFacts): string {
  const { name, limits, suggestedLimits, detail, format } = facts;
  if (hasOutlived(detail)) return outlivedHint(facts);
  const silent = `${format.duration(numberOf(detail, 'silent_ms'))}${busyNote(detail)}`;
  const interval = format.duration(limits.observabilityMs);
  const { diagnosis, is_computing: isComputing } = detail;
  if (limits.isStrict)
    return `No progress in the output for ${silent}: --observability=strict ignores lines that differ only in digits and dots, except progress ([3/42]). Print the current item more often than --observability_interval (now ${interval}), raise it, or run it without strict.`;
  if (typeof diagnosis !== 'string')
    return `No output for ${silent}: print progress more often than --observability_interval (now ${interval}), without buffering (flush=True, stdbuf -oL or --pty), add --observe=FILE when it logs into a file, or raise the interval.`;
  return isComputing === true
    ? `No output for ${silent}, ${diagnosis.split(';')[0]}: print progress without buffering (--pty), or raise --observability_interval to ${format.duration(suggestedLimits.observabilityMs)} (now ${interval}).`
    : `No output for ${silent}, ${diagnosis}: it hangs, do not raise the interval. Find the cause (babysit log ${name}), then retry it.`;
}

function pressureHint({ estimate, suggested, detail, format }: KillFacts): string {
  const held = format.size(numberOf(detail, 'victim_mem_bytes'));
  const advice =
    detail.victim_tier === 'above_estimate'
      ? `estimated ${format.size(estimate.memBytes)}: ${audited('estimate', `--estimated_mem_bytes=${format.size(suggested.memBytes)}`, ', or reduce the batch size.')}`
      : `within its estimate: run it again with --queue to wait for room${outsideNote(detail, format)}.`;
  return `${shortage(detail)} for ${numberOf(detail, 'sustained_s')} s and this task held ${held}, ${advice}`;
}

/** True when --mem_pct_limit or the reserve set the cap, not the estimate. */
export function isCapOfHost(estimate: Estimate, detail: KillDetail): boolean {
  const capBytes = numberIn(detail, 'limit_bytes') ?? numberOf(detail, 'cap_bytes');
  return capBytes < CAP_FACTOR * estimate.memBytes - 1;
}

/** True when the exceeded limit is three times the estimate, not --mem_pct_limit of the host. */
function isOverEstimate(detail: KillDetail): boolean {
  return numberOf(detail, 'mem_pct_limit_bytes') > numberOf(detail, 'limit_bytes');
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
  const { top_outside_name: name, top_outside_of: origin } = detail;
  const whose = typeof origin === 'string' ? ` of ${origin}` : '';
  return typeof name === 'string'
    ? ` (outside babysit, ${name}${whose} with pid ${numberOf(detail, 'top_outside_pid')} holds ${format.size(numberOf(detail, 'top_outside_rss_bytes'))})`
    : '';
}
