// Suggests estimates for the next run from the use measured in this one.
import { elapsedMs } from '../elapsed.ts';
import { boundEstimate, type Estimate, KILL_FACTOR, type Limits } from '../estimate.ts';
import { type KillDetail, type KillReason, killReasonRow, numberIn } from '../kill-reasons.ts';
import { isEnded, type Task, type Usage } from '../task.ts';

/** The next run may have other data and a colder cache. */
const HEADROOM = 1.1;
/** A killed run shows only that the estimate was too low, not by how much. */
const CUT_SHORT_FACTOR = 1.5;
/** Without a known end: each retry gets several times more than the one before. */
const UNKNOWN_TIME_FACTOR = 2;
/** A longer rest rests on less than 1 % of the work. */
const PLAUSIBLE_REST = 100;
/** The estimate after a kill at the cap is this multiple of the cap, so that the new cap, 3 x the estimate, is 4 x the old one. */
const RAISE_AFTER_CAP = 4 / 3;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** The kernel charges memory in batches for each core: a cap of three times less is noise. */
const MIN_MEM_BYTES = 4 * MIB;
const CPU_STEP_CORES = 0.01;
/** A run that is not longer shows no rate of CPU use. */
export const CPU_MIN_MS = 5_000;
/** A CPU rate is imprecise: a single thread may read as 1.02 cores. */
const WHOLE_CORE_MARGIN = 1.03;

/** The largest estimate that the host and the task's own limits admit. */
export type Most = Pick<Estimate, 'memBytes' | 'cpuCores'>;
const NO_LIMIT: Most = { memBytes: Number.POSITIVE_INFINITY, cpuCores: Number.POSITIVE_INFINITY };

interface Cause {
  readonly reason: KillReason;
  readonly detail: KillDetail;
}

/**
 * Per dimension 1.1 x the measured use, at most `most`. Only a completed run lowers an estimate; a run killed for a
 * dimension raises it to at least 1.5 x. A dimension without a measurement keeps its estimate.
 */
export function suggestEstimates(
  task: Task,
  usage: Usage | null,
  kill: Cause | null,
  most: Most = NO_LIMIT,
): Estimate {
  const { state } = task;
  const estimate = boundEstimate(task);
  const isWhole = state.status === 'completed';
  const ranMs = largest(runningMs(task), numberIn(kill?.detail, 'elapsed_ms'));
  const neededMs =
    kill?.reason === 'elapsed_exceeded' && ranMs !== null
      ? timeAhead(ranMs, remainingIn(kill.detail), uncontended(estimate.timeMs, kill.detail))
      : times(HEADROOM, ranMs);
  const exceeded = kill === null ? undefined : killReasonRow(kill.reason).exceeded;
  const suggest = (dim: keyof Estimate, wanted: number | null): number => {
    const isCutShort = exceeded === dim;
    const least = isCutShort
      ? CUT_SHORT_FACTOR * estimate[dim]
      : isWhole && wanted !== null
        ? 0
        : estimate[dim];
    return Math.max(least, wanted ?? 0);
  };
  const peakMemBytes = largest(usage?.peakMemBytes, numberIn(kill?.detail, 'peak_mem_bytes'));
  const wantedMemBytes = largest(times(HEADROOM, peakMemBytes), times(RAISE_AFTER_CAP, capReached(kill)));
  return {
    timeMs: roundUpTime(suggest('timeMs', neededMs)),
    memBytes: atMost(most.memBytes, MIB, roundUpMem(suggest('memBytes', wantedMemBytes))),
    cpuCores: atMost(
      most.cpuCores,
      CPU_STEP_CORES,
      roundUp(suggest('cpuCores', coresOf(usage, ranMs, kill)), CPU_STEP_CORES),
    ),
  };
}

/** The time for a run that has taken `ranMs`: by its progress, if that gives the time left; else at least `leastMs`. */
export function timeAhead(ranMs: number, remainingMs: number | null, leastMs = 0): number {
  return roundUpTime(
    remainingMs === null || remainingMs > PLAUSIBLE_REST * ranMs
      ? Math.max(UNKNOWN_TIME_FACTOR * ranMs, leastMs)
      : HEADROOM * (ranMs + remainingMs),
  );
}

/** The limits of time for the next run of a task whose kill they caused. */
export function suggestLimits(
  { killTimeoutMs, observabilityMs }: Limits,
  { detail }: Pick<Cause, 'detail'>,
): Pick<Limits, 'killTimeoutMs' | 'observabilityMs'> {
  const remainingMs = remainingIn(detail);
  const ranMs = numberIn(detail, 'elapsed_ms') ?? killTimeoutMs;
  const neededMs =
    remainingMs === null
      ? uncontended(killTimeoutMs, detail)
      : CUT_SHORT_FACTOR * timeAhead(ranMs, remainingMs);
  const doubledMs = UNKNOWN_TIME_FACTOR * observabilityMs;
  return {
    killTimeoutMs: roundUpTime(Math.max(UNKNOWN_TIME_FACTOR * killTimeoutMs, neededMs)),
    // A task that is silent up to its kill timeout ends by that.
    observabilityMs: roundUpTime(
      Math.max(doubledMs, Math.min(uncontended(observabilityMs, detail), killTimeoutMs)),
    ),
  };
}

function remainingIn(detail: KillDetail): number | null {
  return numberIn(detail, 'remaining_ms');
}

/** The time that `timeMs` of work takes with the share of CPU that the task got. */
function uncontended(timeMs: number, detail: KillDetail): number {
  const sharePct = numberIn(detail, 'cpu_share_pct');
  return sharePct === null ? 0 : (HEADROOM * timeMs * 100) / Math.max(1, sharePct);
}

/** The need is above the cap that stopped the growth, and unknown. */
function capReached(kill: Cause | null): number | null {
  if (kill?.reason === 'cgroup_oom_killed') return numberIn(kill.detail, 'cap_bytes');
  return kill?.reason === 'mem_exceeded' ? numberIn(kill.detail, 'limit_bytes') : null;
}

/** Running time without pauses; null before the end, or if it never started. */
export function runningMs({ state }: Task): number | null {
  const ranMs = isEnded(state) ? elapsedMs(state, state.endedAt) : null;
  return ranMs === null ? null : Math.max(1, ranMs);
}

/** Share of the wanted CPU time that it got, 0 to 1; null when that was not measured. */
export function cpuShare(usage: Usage | null): number | null {
  const { cpuSeconds, cpuWaitSeconds = null } = usage ?? { cpuSeconds: null };
  if (cpuSeconds === null || cpuWaitSeconds === null || cpuSeconds + cpuWaitSeconds <= 0) return null;
  return cpuSeconds / (cpuSeconds + cpuWaitSeconds);
}

/**
 * Mean use of CPU over the running time without the time in which it was ready and got no CPU (throttled, or starved by
 * other work). With more than one thread ready at a time, each waits for its part of that time.
 */
export function meanCores(usage: Usage | null, elapsedMs: number | null): number | null {
  if (usage === null || usage.cpuSeconds === null || elapsedMs === null) return null;
  const { cpuSeconds, cpuWaitSeconds } = usage;
  const waitS = cpuWaitSeconds ?? 0;
  const elapsedS = elapsedMs / 1000;
  const readyThreads = Math.max(1, (cpuSeconds + waitS) / elapsedS);
  const unhinderedS = Math.max(elapsedS - waitS / readyThreads, cpuSeconds / readyThreads);
  return unhinderedS <= 0 ? 0 : cpuSeconds / unhinderedS;
}

/** The estimate to suggest for a task that uses more cores than estimated, at most its cap. */
export function coresAhead(cores: number, cpuMaxCores: number): number {
  const wanted = Math.min(roundUp(HEADROOM * cores, 0.1), wholeCores(cores));
  return atMost(cpuMaxCores, CPU_STEP_CORES, wanted);
}

/** The cores it kept busy: an estimate of 1.08 cores keeps a second single thread off two cores. */
function wholeCores(cores: number): number {
  return Math.ceil(cores / WHOLE_CORE_MARGIN);
}

function coresOf(usage: Usage | null, elapsedMs: number | null, kill: Cause | null): number | null {
  if (elapsedMs !== null && elapsedMs <= CPU_MIN_MS) return null;
  const mean = meanCores(usage, elapsedMs);
  const peak = largest(usage?.peakCpuCores, numberIn(kill?.detail, 'cpu_cores'));
  if (mean === null && peak === null) return null;
  const top = Math.max(mean ?? 0, peak ?? 0);
  // The same run must not be killed: the watchdog does so at sustained use above KILL_FACTOR x the estimate.
  const least = Math.max(HEADROOM * (mean ?? top), (peak ?? 0) / KILL_FACTOR);
  return Math.min(least, wholeCores(top));
}

function times(factor: number, value: number | null): number | null {
  return value === null ? null : factor * value;
}

function largest(...values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value) => typeof value === 'number');
  return known.length === 0 ? null : Math.max(...known);
}

/** Rounds a limit down, so that the host admits it. */
function atMost(limit: number, step: number, value: number): number {
  return value <= limit ? value : inSteps(Math.floor(limit / step + 1e-9), step);
}

function roundUp(value: number, step: number): number {
  return inSteps(Math.max(1, Math.ceil(value / step - 1e-9)), step);
}

/** Without the error of a product: 109 x 0.01 is 1.0899999999999999. */
function inSteps(count: number, step: number): number {
  return step < 1 ? Math.round(count * step * 1000) / 1000 : count * step;
}

/** To sizes that print exactly: whole MiB, 16 MiB from 100 MiB, 0.05 GiB from 1 GiB. */
export function roundUpMem(bytes: number): number {
  if (bytes < 100 * MIB) return Math.max(MIN_MEM_BYTES, roundUp(bytes, MIB));
  return bytes < GIB
    ? roundUp(bytes, 16 * MIB)
    : Math.floor((Math.ceil((bytes / GIB) * 20 - 1e-9) / 20) * GIB);
}

function roundUpTime(timeMs: number): number {
  if (timeMs <= 60_000) return roundUp(timeMs, 1_000);
  return roundUp(timeMs, timeMs <= 600_000 ? 10_000 : 60_000);
}
