// Memory and disk pressure on the host: when it begins and ends, and which task is killed for it. Pure. One sample never
// kills: `judgePressure` requests a second one, and `confirmPressure` decides.

import type { KillDetail } from '../core/kill-reasons.ts';
import type { TaskId } from '../core/task.ts';
import { type Holds, judgeHolds, NO_HOLDS } from './hold.ts';
import {
  type DiskBaseline,
  diskBaseline,
  diskShortage,
  type HostSample,
  isHolding,
  memShortage,
  type OutsideProcess,
  type PressureDim,
  type PressureRules,
  type Shortage,
  type TaskUse,
} from './shortage.ts';
import { type Finding, findCause } from './victim.ts';

/** Pressure in one dimension, from the first sample above the limit until `CALM_AFTER_MS` below it. */
interface Episode {
  /** Null when there is no pressure. */
  readonly lastedMs: number | null;
  /** How long the use has been above the limit without a break; null when it is not. */
  readonly overMs: number | null;
  /** The same for so little of the reserve that the short window applies. */
  readonly criticalMs: number | null;
  readonly calmMs: number;
  readonly cooldownMs: number;
  /** The causes, and in a dry run the victims, that were reported. */
  readonly reported: readonly (Finding['cause'] | TaskId)[];
  /** The last confirmed cause. */
  readonly cause: PressureCause | null;
}

/** `ours`: a task was killed for it, or would have been in a dry run. */
export interface PressureCause {
  readonly cause: Finding['cause'];
  readonly detail: KillDetail;
}

export interface PressureState {
  /** Null before the first sample. */
  readonly lastMonoMs: number | null;
  readonly mem: Episode;
  readonly disk: Episode;
  readonly diskBaseline: DiskBaseline | null;
}

const CALM: Episode = {
  lastedMs: null,
  overMs: null,
  criticalMs: null,
  calmMs: 0,
  cooldownMs: 0,
  reported: [],
  cause: null,
};
export const NO_PRESSURE: PressureState = { lastMonoMs: null, mem: CALM, disk: CALM, diskBaseline: null };

export type PressureReason = 'system_mem_pressure' | 'system_disk_pressure';

export type PressureEvent =
  | { readonly event: 'pressure_began'; readonly dim: PressureDim; readonly detail: KillDetail }
  | {
      readonly event: 'pressure_ended';
      readonly dim: PressureDim;
      readonly lasted_s: number;
      readonly detail: KillDetail;
    }
  /** Nothing is killed: the tasks are not the cause, or no single task is. Once per episode and cause. */
  | {
      readonly event: 'external_cause' | 'spread_cause';
      readonly dim: PressureDim;
      readonly detail: KillDetail;
    };

export interface PressureVerdict {
  readonly state: PressureState;
  readonly events: readonly PressureEvent[];
  readonly holds: Holds;
  /** Set when the caller must sample host and tasks again, find the top process outside, and call `confirmPressure`. */
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
  /** The kill that a dry run left out; once per episode and victim. */
  readonly wouldKill: PressureKill | null;
}

const DIMS = ['mem', 'disk'] as const;
const REASONS = { mem: 'system_mem_pressure', disk: 'system_disk_pressure' } as const;
/** The pressure ends after this time below the limit. */
const CALM_AFTER_MS = 5_000;

/** The daemon dispatches nothing under pressure. */
export function isUnderPressure(state: PressureState): boolean {
  return ongoingPressure(state).length > 0;
}

/** As `status` shows it. */
export interface OngoingPressure {
  readonly dim: PressureDim;
  readonly lastedMs: number;
  /** Null before a cause is confirmed. */
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
  tasks: readonly TaskUse[],
): PressureVerdict {
  const stepMs = before.lastMonoMs === null ? 0 : Math.max(0, sample.now.monoMs - before.lastMonoMs);
  const isGap = stepMs > rules.gapMs;
  const events: PressureEvent[] = [];
  const memory = memShortage(rules, sample, tasks);
  const advance = (dim: PressureDim, shortage: Shortage): Episode => {
    const episode = nextEpisode(before[dim], shortage, stepMs, isGap);
    const { lastedMs } = before[dim];
    const { detail } = shortage;
    if (lastedMs === null && episode.lastedMs !== null) events.push({ event: 'pressure_began', dim, detail });
    if (lastedMs !== null && episode.lastedMs === null)
      events.push({ event: 'pressure_ended', dim, lasted_s: seconds(lastedMs + stepMs), detail });
    return episode;
  };
  const mem = advance('mem', memory);
  const disk = advance('disk', diskShortage(rules, sample, tasks, before.diskBaseline));
  const state: PressureState = {
    lastMonoMs: sample.now.monoMs,
    mem,
    disk,
    diskBaseline: disk.lastedMs === null ? null : diskBaseline(before.diskBaseline, sample, tasks),
  };
  // What a gap hid may be over: the first sample after it decides nothing.
  if (isGap) return { state, events, holds: NO_HOLDS, confirm: null };
  const host = { finding: causeOf(memory), isPressed: mem.lastedMs !== null, ...memory };
  const holds = judgeHolds(rules, host, tasks);
  // A kill waits for the effect of a new hold.
  const confirm = holds.hold.length > 0 ? null : findingToConfirm(rules, state, sample, tasks);
  return { state, events, holds, confirm };
}

/** Judges the second sample. Kills only for the same cause and the same victim. */
export function confirmPressure(
  rules: PressureRules,
  state: PressureState,
  { dim, finding }: NonNullable<PressureVerdict['confirm']>,
  sample: HostSample,
  tasks: readonly TaskUse[],
  outside: OutsideProcess | null,
): PressureConclusion {
  const shortage = shortageOf(dim, rules, sample, tasks, state.diskBaseline);
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
        reported: [...episode.reported, found.cause],
        cause: { cause: found.cause, detail: common },
      }),
      events: [{ event, dim, detail: common }],
      kill: null,
      wouldKill: null,
    };
  }
  const id = found.victim;
  const kill = { id, reason: REASONS[dim], detail: { ...common, ...victimDetail(dim, id, shortage, tasks) } };
  const reported = rules.dryRun ? [...episode.reported, id] : episode.reported;
  return {
    state: withEpisode(state, dim, {
      ...episode,
      reported,
      cooldownMs: rules.cooldownMs,
      cause: { cause: 'ours', detail: kill.detail },
    }),
    events: [],
    kill: rules.dryRun ? null : kill,
    wouldKill: rules.dryRun && !episode.reported.includes(id) ? kill : null,
  };
}

function nextEpisode(
  before: Episode,
  { isOver, isCritical }: Pick<Shortage, 'isOver' | 'isCritical'>,
  stepMs: number,
  isGap: boolean,
): Episode {
  const sampledMs = isGap ? 0 : stepMs;
  const cooldownMs = Math.max(0, before.cooldownMs - sampledMs);
  const calmMs = isOver ? 0 : before.calmMs + sampledMs;
  if (!isOver && (before.lastedMs === null || calmMs >= CALM_AFTER_MS)) return { ...CALM, cooldownMs };
  return {
    lastedMs: before.lastedMs === null ? 0 : before.lastedMs + stepMs,
    overMs: lasting(before.overMs, isOver, sampledMs),
    criticalMs: lasting(before.criticalMs, isCritical, sampledMs),
    calmMs,
    cooldownMs,
    reported: before.reported,
    cause: before.cause,
  };
}

/** Null while the condition does not hold, 0 at its first sample. */
function lasting(beforeMs: number | null, holds: boolean, sampledMs: number): number | null {
  if (!holds) return null;
  return beforeMs === null ? 0 : beforeMs + sampledMs;
}

/** Memory first: a host without memory stalls, one without disk does not. */
function findingToConfirm(
  rules: PressureRules,
  state: PressureState,
  sample: HostSample,
  tasks: readonly TaskUse[],
): PressureVerdict['confirm'] {
  for (const dim of DIMS) {
    const { overMs, criticalMs, cooldownMs, reported } = state[dim];
    const waits = dim === 'mem' && isHolding(rules, tasks);
    const isLong = !waits && overMs !== null && overMs >= rules.windowMs && cooldownMs === 0;
    const sinceKillMs = rules.cooldownMs - cooldownMs;
    const isUrgent = criticalMs !== null && Math.min(criticalMs, sinceKillMs) >= rules.reserveWindowMs;
    if (!isLong && !isUrgent) continue;
    const finding = causeOf(shortageOf(dim, rules, sample, tasks, state.diskBaseline));
    if (finding === null || (finding.cause !== 'ours' && reported.includes(finding.cause))) continue;
    return { dim, finding };
  }
  return null;
}

/** Null when there is no shortage, or when current kills will end it. */
function causeOf({ isOver, excessBytes, candidates }: Shortage): Finding | null {
  return isOver && excessBytes > 0 ? findCause(excessBytes, candidates) : null;
}

function isSame(a: Finding, b: Finding): boolean {
  return a.cause === 'ours' && b.cause === 'ours' ? a.victim === b.victim : a.cause === b.cause;
}

function shortageOf(
  dim: PressureDim,
  rules: PressureRules,
  sample: HostSample,
  tasks: readonly TaskUse[],
  baseline: DiskBaseline | null,
): Shortage {
  switch (dim) {
    case 'mem':
      return memShortage(rules, sample, tasks);
    case 'disk':
      return diskShortage(rules, sample, tasks, baseline);
  }
}

function victimDetail(
  dim: PressureDim,
  id: TaskId,
  { candidates }: Shortage,
  tasks: readonly TaskUse[],
): KillDetail {
  const victim = candidates.find((candidate) => candidate.id === id);
  switch (dim) {
    case 'mem':
      return {
        victim_mem_bytes: victim?.useBytes ?? null,
        victim_tier: victim?.tier ?? null,
        estimated_mem_bytes: tasks.find((task) => task.id === id)?.estimatedMemBytes ?? null,
      };
    case 'disk':
      return { victim_written_bytes: victim?.useBytes ?? null };
  }
}

function outsideDetail(outside: OutsideProcess | null): KillDetail {
  return {
    top_outside_name: outside?.name ?? null,
    top_outside_pid: outside?.pid ?? null,
    top_outside_rss_bytes: outside?.rssBytes ?? null,
    ...(outside === null || outside.belongsTo === null ? {} : { top_outside_of: outside.belongsTo }),
  };
}

function withEpisode(state: PressureState, dim: PressureDim, episode: Episode): PressureState {
  return { ...state, [dim]: episode };
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}
