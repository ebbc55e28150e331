// What the host is short of at one moment, by how much, and what each task has to do with it. Pure.
import type { Now } from '../core/clock.ts';
import type { KillDetail, TaskId } from '../core/task.ts';
import type { Contender } from './victim.ts';

export type PressureDim = 'mem' | 'disk';

export interface PressureRules {
  readonly maxSysMemPct: number;
  /** PSI: percent of the last ten seconds in which every runnable process waited for memory. */
  readonly memFullAvg10Pct: number;
  readonly maxSysDiskPct: number;
  /** How long a shortage has to last before somebody ends for it. */
  readonly windowMs: number;
  /** After a victim was chosen nobody else is for this long: its memory has to come back first. */
  readonly cooldownMs: number;
  /** Samples farther apart than this leave a gap in which nobody watched. */
  readonly gapMs: number;
  /** Tell who would be killed, kill nobody. */
  readonly dryRun: boolean;
}

/** One reading of the host. Null: this host does not tell. */
export interface HostSample {
  readonly now: Now;
  readonly memTotalBytes: number;
  /** What can be used without swapping, page cache counted as free. */
  readonly memAvailableBytes: number;
  readonly memFullAvg10Pct: number | null;
  readonly disk: { readonly totalBytes: number; readonly usedBytes: number } | null;
}

/** What pressure has to know of a task that runs. */
export interface PressedTask {
  readonly id: TaskId;
  readonly memBytes: number;
  readonly estimatedMemBytes: number;
  /** What it and its log have written so far; null: not measured (it need not be, until the disk is under pressure). */
  readonly writtenBytes: number | null;
  /** How long ago its kill was asked for; null: none was. */
  readonly endingMs: number | null;
}

export interface OutsideProcess {
  readonly name: string;
  readonly pid: number;
  readonly rssBytes: number;
}

/** Where the disk and its writers stood when the pressure began. */
export interface DiskStart {
  readonly usedBytes: number;
  readonly writtenBytes: Readonly<Record<TaskId, number>>;
}

export interface Shortage {
  readonly isOver: boolean;
  /** What has to be freed, or, of a disk, what has to stop being written. */
  readonly excessBytes: number;
  readonly contenders: readonly Contender[];
  readonly detail: KillDetail;
}

/** By PSI alone there is no number of bytes to free: an end must give back this part of the host to be felt. */
const PSI_EXCESS_SHARE = 0.05;

/** Memory in use above the limit, or processes that stand still for want of it. */
export function memShortage(
  rules: PressureRules,
  sample: HostSample,
  tasks: readonly PressedTask[],
): Shortage {
  const { memTotalBytes, memFullAvg10Pct } = sample;
  const usedBytes = memTotalBytes - sample.memAvailableBytes;
  const aboveBytes = usedBytes - (memTotalBytes * rules.maxSysMemPct) / 100;
  const isStalling = memFullAvg10Pct !== null && memFullAvg10Pct > rules.memFullAvg10Pct;
  const staying = tasks.filter((task) => !isAboutToFree(rules, task));
  const relievedBytes = sum(tasks, (task) => (isAboutToFree(rules, task) ? task.memBytes : 0));
  const excessBytes = Math.max(aboveBytes, isStalling ? PSI_EXCESS_SHARE * memTotalBytes : 0);
  const oursBytes = sum(tasks, ({ memBytes }) => memBytes);
  return {
    isOver: aboveBytes > 0 || isStalling,
    excessBytes: excessBytes - relievedBytes,
    contenders: staying.map(({ id, memBytes, estimatedMemBytes, endingMs }) => ({
      id,
      useBytes: memBytes,
      tier: memBytes > estimatedMemBytes ? 'above_estimate' : 'within_estimate',
      isEnding: endingMs !== null,
    })),
    detail: {
      host_mem_pct: percent(usedBytes, memTotalBytes),
      limit_pct: rules.maxSysMemPct,
      psi_mem_full_avg10_pct: memFullAvg10Pct,
      psi_limit_pct: rules.memFullAvg10Pct,
      excess_bytes: Math.round(excessBytes),
      our_mem_bytes: oursBytes,
      outside_mem_bytes: Math.max(0, Math.round(usedBytes - oursBytes)),
    },
  };
}

/** What reaches the disk late, compressed or as holes is not what was written: half of the growth has to be ours. */
const DISK_GROWTH_SHARE = 0.5;
const DISK_EXCESS_MIN_BYTES = 1024 ** 2;

/** A disk above its limit. To blame is who wrote since that began, not who has written most in its life. */
export function diskShortage(
  rules: PressureRules,
  { disk }: HostSample,
  tasks: readonly PressedTask[],
  start: DiskStart | null,
): Shortage {
  if (disk === null) return { isOver: false, excessBytes: 0, contenders: [], detail: {} };
  const grownBytes = start === null ? 0 : disk.usedBytes - start.usedBytes;
  const contenders = tasks.map((task) => ({
    id: task.id,
    useBytes: writtenSince(start, task),
    tier: 'within_estimate' as const,
    isEnding: task.endingMs !== null,
  }));
  return {
    isOver: disk.usedBytes > (disk.totalBytes * rules.maxSysDiskPct) / 100,
    excessBytes: Math.max(DISK_GROWTH_SHARE * grownBytes, DISK_EXCESS_MIN_BYTES),
    contenders,
    detail: {
      host_disk_pct: percent(disk.usedBytes, disk.totalBytes),
      limit_pct: rules.maxSysDiskPct,
      grown_bytes: grownBytes,
      our_written_bytes: sum(contenders, ({ useBytes }) => useBytes),
    },
  };
}

/** The first reading of each writer is where its account begins. */
export function diskStart(
  before: DiskStart | null,
  { disk }: HostSample,
  tasks: readonly PressedTask[],
): DiskStart | null {
  if (disk === null) return null;
  const read = tasks.flatMap(({ id, writtenBytes }) =>
    writtenBytes === null ? [] : [[id, before?.writtenBytes[id] ?? writtenBytes] as const],
  );
  return { usedBytes: before?.usedBytes ?? disk.usedBytes, writtenBytes: Object.fromEntries(read) };
}

function writtenSince(start: DiskStart | null, { id, writtenBytes }: PressedTask): number {
  const beganAt = start?.writtenBytes[id];
  return writtenBytes === null || beganAt === undefined ? 0 : Math.max(0, writtenBytes - beganAt);
}

/** A kill asked for a moment ago frees its memory soon; one that does not come to an end frees nothing. */
function isAboutToFree({ cooldownMs }: PressureRules, { endingMs }: PressedTask): boolean {
  return endingMs !== null && endingMs < cooldownMs;
}

function percent(part: number, whole: number): number {
  return whole > 0 ? Math.round((part / whole) * 1000) / 10 : 0;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
