// Pressure on the host: when it begins and ends, and when it has lasted long enough for a task to end for it. Pure.
// Nobody is killed on one look: `judgePressure` asks for a second one, and `confirmPressure` decides on that.
import type { KillDetail, TaskId } from '../core/task.ts';
import {
  type DiskStart,
  diskShortage,
  diskStart,
  type HostSample,
  memShortage,
  type OutsideProcess,
  type PressedTask,
  type PressureDim,
  type PressureRules,
  type Shortage,
} from './shortage.ts';
import { type Finding, findCause } from './victim.ts';

/** One dimension from the first sample above its limit until it has been calm for a while. */
interface Episode {
  /** Null: no episode. */
  readonly lastedMs: number | null;
  /** How long, without a break, it has been above the limit. */
  readonly overMs: number | null;
  readonly calmMs: number;
  readonly cooldownMs: number;
  /** The causes, and in a dry run the victims, that this episode has told of. */
  readonly told: readonly (Finding['cause'] | TaskId)[];
  /** What the last second look has found. */
  readonly cause: PressureCause | null;
}

/** `ours`: a task ended, or in a dry run would have ended, for it. */
export interface PressureCause {
  readonly cause: Finding['cause'];
  readonly detail: KillDetail;
}

export interface PressureState {
  /** Null: no sample yet. */
  readonly lastMonoMs: number | null;
  readonly mem: Episode;
  readonly disk: Episode;
  readonly diskStart: DiskStart | null;
}

const CALM: Episode = {
  lastedMs: null,
  overMs: null,
  calmMs: 0,
  cooldownMs: 0,
  told: [],
  cause: null,
};
export const NO_PRESSURE: PressureState = { lastMonoMs: null, mem: CALM, disk: CALM, diskStart: null };

export type PressureReason = 'system_mem_pressure' | 'system_disk_pressure';

export type PressureEvent =
  | { readonly event: 'pressure_began'; readonly dim: PressureDim; readonly detail: KillDetail }
  | {
      readonly event: 'pressure_ended';
      readonly dim: PressureDim;
      readonly lasted_s: number;
      readonly detail: KillDetail;
    }
  /** Nothing is killed: our tasks are not the cause, or no single one of them is. Once per episode and cause. */
  | {
      readonly event: 'external_cause' | 'spread_cause';
      readonly dim: PressureDim;
      readonly detail: KillDetail;
    };

export interface PressureVerdict {
  readonly state: PressureState;
  readonly events: readonly PressureEvent[];
  /** Take a fresh sample of host and tasks, look for the top process outside, and call `confirmPressure`. */
  readonly confirm: { readonly dim: PressureDim; readonly finding: Finding } | null;
}

export interface PressureKill {
  readonly id: TaskId;
  readonly reason: PressureReason;
  readonly detail: KillDetail;
}

export interface PressureConclusion {
  readonly state: PressureState;
  readonly events: readonly PressureEvent[];
  readonly kill: PressureKill | null;
  /** In a dry run, what `kill` would have been; once per episode and victim. */
  readonly wouldKill: PressureKill | null;
}

const DIMS = ['mem', 'disk'] as const;
const REASONS = { mem: 'system_mem_pressure', disk: 'system_disk_pressure' } as const;
/** Below the limit for this long, the pressure is over. */
const CALM_AFTER_MS = 5_000;

/** While this holds nothing is dispatched. */
export function isUnderPressure(state: PressureState): boolean {
  return ongoingPressure(state).length > 0;
}

/** What `status` shows while it lasts. */
export interface OngoingPressure {
  readonly dim: PressureDim;
  readonly lastedMs: number;
  /** Null: nobody has looked for it yet. */
  readonly cause: PressureCause | null;
}

export function ongoingPressure(state: PressureState): readonly OngoingPressure[] {
  return DIMS.flatMap((dim) => {
    const { lastedMs, cause } = state[dim];
    return lastedMs === null ? [] : [{ dim, lastedMs, cause }];
  });
}

export function judgePressure(
  rules: PressureRules,
  before: PressureState,
  sample: HostSample,
  tasks: readonly PressedTask[],
): PressureVerdict {
  const stepMs = before.lastMonoMs === null ? 0 : Math.max(0, sample.now.monoMs - before.lastMonoMs);
  const events: PressureEvent[] = [];
  const follow = (dim: PressureDim): Episode => {
    const shortage = shortageOf(dim, rules, sample, tasks, before.diskStart);
    const episode = next(before[dim], shortage.isOver, stepMs, stepMs > rules.gapMs);
    const { lastedMs } = before[dim];
    const { detail } = shortage;
    if (lastedMs === null && episode.lastedMs !== null) events.push({ event: 'pressure_began', dim, detail });
    if (lastedMs !== null && episode.lastedMs === null)
      events.push({ event: 'pressure_ended', dim, lasted_s: seconds(lastedMs + stepMs), detail });
    return episode;
  };
  const [mem, disk] = [follow('mem'), follow('disk')];
  const state: PressureState = {
    lastMonoMs: sample.now.monoMs,
    mem,
    disk,
    diskStart: disk.lastedMs === null ? null : diskStart(before.diskStart, sample, tasks),
  };
  return { state, events, confirm: due(rules, state, sample, tasks) };
}

/** The second look. Kills only when it finds the same cause and the same victim. */
export function confirmPressure(
  rules: PressureRules,
  state: PressureState,
  { dim, finding }: NonNullable<PressureVerdict['confirm']>,
  sample: HostSample,
  tasks: readonly PressedTask[],
  outside: OutsideProcess | null,
): PressureConclusion {
  const shortage = shortageOf(dim, rules, sample, tasks, state.diskStart);
  const found = causeOf(shortage);
  if (found === null || !isSame(found, finding)) return { state, events: [], kill: null, wouldKill: null };
  const episode = state[dim];
  const common = {
    ...shortage.detail,
    sustained_s: seconds(episode.overMs ?? 0),
    ...(dim === 'mem' ? outsideDetail(outside) : {}),
  };
  if (found.cause !== 'ours') {
    const event = found.cause === 'external' ? 'external_cause' : 'spread_cause';
    return {
      state: withEpisode(state, dim, {
        ...episode,
        told: [...episode.told, found.cause],
        cause: { cause: found.cause, detail: common },
      }),
      events: [{ event, dim, detail: common }],
      kill: null,
      wouldKill: null,
    };
  }
  const id = found.victim;
  const kill = { id, reason: REASONS[dim], detail: { ...common, ...victimDetail(dim, id, shortage, tasks) } };
  const told = rules.dryRun ? [...episode.told, id] : episode.told;
  return {
    state: withEpisode(state, dim, {
      ...episode,
      told,
      cooldownMs: rules.cooldownMs,
      cause: { cause: 'ours', detail: kill.detail },
    }),
    events: [],
    kill: rules.dryRun ? null : kill,
    wouldKill: rules.dryRun && !episode.told.includes(id) ? kill : null,
  };
}

function next(before: Episode, isOver: boolean, stepMs: number, isGap: boolean): Episode {
  const seenMs = isGap ? 0 : stepMs;
  const cooldownMs = Math.max(0, before.cooldownMs - seenMs);
  const calmMs = isOver ? 0 : before.calmMs + seenMs;
  if (!isOver && (before.lastedMs === null || calmMs >= CALM_AFTER_MS)) return { ...CALM, cooldownMs };
  return {
    lastedMs: before.lastedMs === null ? 0 : before.lastedMs + stepMs,
    overMs: !isOver ? null : before.overMs === null || isGap ? 0 : before.overMs + stepMs,
    calmMs,
    cooldownMs,
    told: before.told,
    cause: before.cause,
  };
}

/** Memory first: a host without it stands still, one without disk does not. */
function due(
  rules: PressureRules,
  state: PressureState,
  sample: HostSample,
  tasks: readonly PressedTask[],
): PressureVerdict['confirm'] {
  for (const dim of DIMS) {
    const { overMs, cooldownMs, told } = state[dim];
    if (overMs === null || overMs < rules.windowMs || cooldownMs > 0) continue;
    const finding = causeOf(shortageOf(dim, rules, sample, tasks, state.diskStart));
    if (finding === null || (finding.cause !== 'ours' && told.includes(finding.cause))) continue;
    return { dim, finding };
  }
  return null;
}

/** Null: there is no shortage, or kills under way will end it. */
function causeOf({ isOver, excessBytes, contenders }: Shortage): Finding | null {
  return isOver && excessBytes > 0 ? findCause(excessBytes, contenders) : null;
}

function isSame(a: Finding, b: Finding): boolean {
  return a.cause === 'ours' && b.cause === 'ours' ? a.victim === b.victim : a.cause === b.cause;
}

function shortageOf(
  dim: PressureDim,
  rules: PressureRules,
  sample: HostSample,
  tasks: readonly PressedTask[],
  start: DiskStart | null,
): Shortage {
  switch (dim) {
    case 'mem':
      return memShortage(rules, sample, tasks);
    case 'disk':
      return diskShortage(rules, sample, tasks, start);
  }
}

function victimDetail(
  dim: PressureDim,
  id: TaskId,
  { contenders }: Shortage,
  tasks: readonly PressedTask[],
): KillDetail {
  const contender = contenders.find((candidate) => candidate.id === id);
  switch (dim) {
    case 'mem':
      return {
        victim_mem_bytes: contender?.useBytes ?? null,
        victim_tier: contender?.tier ?? null,
        estimated_mem_bytes: tasks.find((task) => task.id === id)?.estimatedMemBytes ?? null,
      };
    case 'disk':
      return { victim_written_bytes: contender?.useBytes ?? null };
  }
}

function outsideDetail(outside: OutsideProcess | null): KillDetail {
  return {
    top_outside_name: outside?.name ?? null,
    top_outside_pid: outside?.pid ?? null,
    top_outside_rss_bytes: outside?.rssBytes ?? null,
  };
}

function withEpisode(state: PressureState, dim: PressureDim, episode: Episode): PressureState {
  switch (dim) {
    case 'mem':
      return { ...state, mem: episode };
    case 'disk':
      return { ...state, disk: episode };
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}
