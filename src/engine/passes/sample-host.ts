// Samples the host once per tick, and once more before the watchdog kills a task to relieve it.
import type { Logger } from 'pino';
import type { Now } from '../../core/clock.ts';
import { isFileError } from '../../core/shortages.ts';
import { isActive } from '../../core/task.ts';
import { readDiskUse } from '../../procfs/disk.ts';
import type { HostMemory } from '../../procfs/meminfo.ts';
import { readTopProcessOutside } from '../../procfs/outside/top-process.ts';
import { readStalled } from '../../procfs/pressure.ts';
import { type Holds, heldDetails } from '../../watchdog/hold.ts';
import { endingForMs } from '../../watchdog/ladder.ts';
import { confirmPressure, judgePressure, type PressureState } from '../../watchdog/pressure.ts';
import type { HostSample, PressureRules, TaskUse } from '../../watchdog/shortage.ts';
import type { WatchState } from '../../watchdog/state.ts';
import type { LiveAttempt } from '../attempt/live-attempt.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { WatchStates } from './sample.ts';

export interface HostWatchDeps {
  readonly pressureRules: PressureRules;
  /** The state directory; the watchdog monitors its disk. */
  readonly home: string;
  readonly log: Logger;
  readHost(): HostMemory;
  /** The processes that share this memory; null: all of the host. */
  sharers(): readonly number[] | null;
}

/**
 * Call right after the attempts were sampled. `watched`: their new states in this round. May stage holds and a kill. Keep the
 * returned state once the round is committed.
 */
export function watchHost(
  deps: HostWatchDeps,
  work: UnitOfWork,
  attempts: readonly LiveAttempt[],
  watched: WatchStates,
  before: PressureState,
  host: HostMemory,
): PressureState {
  try {
    return judgeHost(deps, work, attempts, watched, before, host);
  } catch (error) {
    if (!isFileError(error)) throw error;
    deps.log.warn({ err: error }, 'host not sampled');
    return before;
  }
}

function judgeHost(
  deps: HostWatchDeps,
  work: UnitOfWork,
  attempts: readonly LiveAttempt[],
  watched: WatchStates,
  before: PressureState,
  host: HostMemory,
): PressureState {
  const { pressureRules, log } = deps;
  const isDiskPressed = before.disk.lastedMs !== null;
  const tasks = (memBytesOf: (live: LiveAttempt) => number) =>
    attempts
      .map((live) =>
        pressedTask(work, live, memBytesOf(live), watched.get(live) ?? live.watchState, isDiskPressed),
      )
      .filter((task) => task !== null);
  const sampled = tasks(({ memBytes }) => memBytes);
  const first = judgePressure(pressureRules, before, sampleHost(deps.home, work.now, host), sampled);
  for (const { event, dim, detail } of first.events) log.warn({ dim, ...detail }, event);
  applyHolds(deps, work, first.holds, sampled);
  if (first.confirm === null) return first.state;
  const ours = new Set(attempts.flatMap(({ group }) => group.pids()));
  const outside = readTopProcessOutside(ours, deps.sharers());
  const resampled = tasks(({ group }) => group.usage()?.memBytes ?? 0);
  const { state, events, kill, wouldKill } = confirmPressure(
    pressureRules,
    first.state,
    first.confirm,
    sampleHost(deps.home, work.now, deps.readHost()),
    resampled,
    outside,
  );
  for (const { event, dim, detail } of events) log.warn({ dim, ...detail }, event);
  if (wouldKill !== null) log.warn({ task: wouldKill.id, ...wouldKill }, 'dry run: would kill');
  if (kill !== null) {
    const { id, reason, detail } = kill;
    work.requestKill(id, { reason, detail, signal: 'SIGTERM', isUrgent: true });
    log.warn({ task: id, reason, detail }, 'watchdog kill');
  }
  return state;
}

function applyHolds(
  { pressureRules, log }: HostWatchDeps,
  work: UnitOfWork,
  { hold, thaw, detail }: Holds,
  uses: readonly TaskUse[],
): void {
  const at = work.now.wallMs;
  for (const { id, cause } of thaw)
    if (work.change(id, { kind: 'thaw', cause, at })) log.warn({ task: id, cause }, 'task thawed');
  for (const id of hold) {
    const task = work.get(id);
    const use = uses.find((one) => one.id === id);
    if (task === undefined || use === undefined || !isActive(task.state)) continue;
    const { memMaxBytes } = task.state.attempt.envelope;
    const details = heldDetails(pressureRules, { name: task.name, memMaxBytes }, use, detail);
    if (work.change(id, { kind: 'hold', details, at })) log.warn({ task: id, ...details }, 'task held');
  }
}

function sampleHost(home: string, now: Now, { totalBytes, availableBytes }: HostMemory): HostSample {
  return {
    now,
    memTotalBytes: totalBytes,
    memAvailableBytes: availableBytes,
    memFullAvg10Pct: readStalled('memory')?.fullAvg10Pct ?? null,
    disk: readDiskUse(home),
  };
}

/** `withWrites`: reading what a task wrote is expensive and needed only while the disk is full. */
function pressedTask(
  work: UnitOfWork,
  live: LiveAttempt,
  memBytes: number,
  watched: WatchState | null,
  withWrites: boolean,
): TaskUse | null {
  const task = work.get(live.id);
  if (task === undefined || !isActive(task.state)) return null;
  const { kill, heldAt } = task.state.attempt;
  const { monoMs } = work.now;
  live.heldSince = heldAt === null ? null : (live.heldSince ?? monoMs);
  return {
    id: live.id,
    memBytes,
    estimatedMemBytes: task.estimate.memBytes,
    growthBytesPerS: watched?.growth.bytesPerS ?? 0,
    heldMs: live.heldSince === null ? null : monoMs - live.heldSince,
    writtenBytes: withWrites ? writtenBytes(live) : null,
    endingMs: kill === null ? null : endingForMs(live.ladder, monoMs),
  };
}

/** Adds the log, which is written outside the group. */
function writtenBytes(live: LiveAttempt): number | null {
  live.members.read(live.group.pids());
  const { io } = live.members;
  return io === null ? null : io.writtenBytes + live.log.printedBytes();
}
