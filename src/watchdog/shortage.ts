// Measures a shortage of memory or disk on the host, and the share of each task in it. Pure.
import type { Now } from '../core/clock.ts';
import type { KillDetail } from '../core/kill-reasons.ts';
import type { TaskId } from '../core/task.ts';
import type { VictimCandidate } from './victim.ts';

export type PressureDim = 'mem' | 'disk';

export interface PressureRules {
  readonly maxSysMemPct: number;
  /** PSI `full avg10`: percent of the last ten seconds in which all work waited for memory. */
  readonly memFullAvg10Pct: number;
  readonly maxSysDiskPct: number;
  /** How long a shortage must last before the watchdog kills a task. */
  readonly windowMs: number;
  /** The same while less than half of the reserve is left. */
  readonly reserveWindowMs: number;
  /** How long a task stays frozen before the watchdog kills one for memory; 0: none is frozen. */
  readonly holdWindowMs: number;
  /** Memory that admission keeps free of tasks. */
  readonly memReserveBytes: number;
  /** Time between two victims: the kernel has to free the memory of the first. */
  readonly cooldownMs: number;
  /** A longer time between two samples is a gap. */
  readonly gapMs: number;
  /** Report kills without killing. */
  readonly dryRun: boolean;
}

/** One reading of the host. A field is null when the host does not provide it. */
export interface HostSample {
  readonly now: Now;
  readonly memTotalBytes: number;
  /** MemAvailable: usable without swapping, page cache counted as free. */
  readonly memAvailableBytes: number;
  readonly memFullAvg10Pct: number | null;
  readonly disk: {
    readonly totalBytes: number;
    readonly usedBytes: number;
    /** Null on a file system without a fixed number of inodes. */
    readonly inodes: { readonly total: number; readonly used: number } | null;
  } | null;
}

/** The use of a running task. */
export interface TaskUse {
  readonly id: TaskId;
  readonly memBytes: number;
  readonly estimatedMemBytes: number;
  /** How fast its peak rises; 0 while it does not grow. */
  readonly growthBytesPerS: number;
  /** Time since the watchdog froze it; null when it did not. */
  readonly heldMs: number | null;
  /** Bytes that it and its log have written so far; null when not measured: only disk pressure needs it. */
  readonly writtenBytes: number | null;
  /** Time since the request to kill it; null when there is none. */
  readonly endingMs: number | null;
}

export interface OutsideProcess {
  readonly name: string;
  readonly pid: number;
  readonly rssBytes: number;
  /** An agent session or a terminal; null: not known. */
  readonly belongsTo: string | null;
}

/** The disk and its writers when the pressure began. */
export interface DiskBaseline {
  readonly usedBytes: number;
  readonly writtenBytes: Readonly<Record<TaskId, number>>;
}

export interface Shortage {
  readonly isOver: boolean;
  /** Memory: so little of the reserve is left that the short window applies. */
  readonly isCritical: boolean;
  /** Memory: bytes to free. Disk: bytes written since the baseline that the tasks must account for. */
  readonly excessBytes: number;
  readonly candidates: readonly VictimCandidate[];
  readonly detail: KillDetail;
}

/** PSI gives no number of bytes to free: assume this part of the host's memory. */
const PSI_EXCESS_SHARE = 0.05;

/** The host is low on memory with less than this part of the reserve: a half, or a quarter while a task is held. */
const LOW_RESERVE = 2;
const LOW_RESERVE_HOLDING = 4;

/** A task was frozen so recently that no task is killed yet. */
export function isHolding({ holdWindowMs }: PressureRules, tasks: readonly TaskUse[]): boolean {
  return tasks.some(({ heldMs, endingMs }) => heldMs !== null && heldMs < holdWindowMs && endingMs === null);
}

/** Memory use above the limit, or PSI above its limit. */
export function memShortage(rules: PressureRules, sample: HostSample, tasks: readonly TaskUse[]): Shortage {
  const { memTotalBytes, memAvailableBytes, memFullAvg10Pct } = sample;
  const usedBytes = memTotalBytes - memAvailableBytes;
  const aboveBytes = usedBytes - (memTotalBytes * rules.maxSysMemPct) / 100;
  const isStalling = memFullAvg10Pct !== null && memFullAvg10Pct > rules.memFullAvg10Pct;
  const staying = tasks.filter((task) => !isFreeing(rules, task));
  const freeingBytes = sum(tasks, (task) => (isFreeing(rules, task) ? task.memBytes : 0));
  const isLow = memAvailableBytes < rules.memReserveBytes / LOW_RESERVE;
  // A hold has stopped the growth: the host can do with less for a while.
  const isCritical = isHolding(rules, tasks)
    ? memAvailableBytes < rules.memReserveBytes / LOW_RESERVE_HOLDING
    : isLow;
  const excessBytes = Math.max(
    aboveBytes,
    isStalling ? PSI_EXCESS_SHARE * memTotalBytes : 0,
    isLow ? rules.memReserveBytes - memAvailableBytes : 0,
  );
  const oursBytes = sum(tasks, ({ memBytes }) => memBytes);
  return {
    isOver: aboveBytes > 0 || isStalling || isLow,
    isCritical,
    excessBytes: excessBytes - freeingBytes,
    candidates: staying.map(({ id, memBytes, estimatedMemBytes, endingMs }) => ({
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

const NO_SHORTAGE: Shortage = {
  isOver: false,
  isCritical: false,
  excessBytes: 0,
  candidates: [],
  detail: {},
};

/** Late writes, compression and holes blur the account: tasks are the cause from half of the growth on. */
const DISK_GROWTH_SHARE = 0.5;
const DISK_EXCESS_MIN_BYTES = 1024 ** 2;

/** Disk use or inodes above the limit. Nothing counts the inodes of a task, so a lack of them has no victim. Only writes since the pressure began count. */
export function diskShortage(
  rules: PressureRules,
  { disk }: HostSample,
  tasks: readonly TaskUse[],
  baseline: DiskBaseline | null,
): Shortage {
  if (disk === null) return NO_SHORTAGE;
  const isFull = disk.usedBytes > (disk.totalBytes * rules.maxSysDiskPct) / 100;
  const { inodes } = disk;
  const lacksInodes = inodes !== null && inodes.used > (inodes.total * rules.maxSysDiskPct) / 100;
  const grownBytes = baseline === null ? 0 : disk.usedBytes - baseline.usedBytes;
  const candidates = tasks.map((task) => ({
    id: task.id,
    useBytes: writtenSince(baseline, task),
    tier: 'within_estimate' as const,
    isEnding: task.endingMs !== null,
  }));
  return {
    isOver: isFull || lacksInodes,
    isCritical: false,
    excessBytes: Math.max(DISK_GROWTH_SHARE * grownBytes, DISK_EXCESS_MIN_BYTES),
    candidates: isFull ? candidates : [],
    detail: {
      host_disk_pct: percent(disk.usedBytes, disk.totalBytes),
      ...(lacksInodes ? { host_inodes_pct: percent(inodes.used, inodes.total) } : {}),
      limit_pct: rules.maxSysDiskPct,
      grown_bytes: grownBytes,
      our_written_bytes: sum(candidates, ({ useBytes }) => useBytes),
    },
  };
}

/** Keeps the first reading of the disk and of each writer. */
export function diskBaseline(
  before: DiskBaseline | null,
  { disk }: HostSample,
  tasks: readonly TaskUse[],
): DiskBaseline | null {
  if (disk === null) return null;
  const read = tasks.flatMap(({ id, writtenBytes }) =>
    writtenBytes === null ? [] : [[id, before?.writtenBytes[id] ?? writtenBytes] as const],
  );
  return { usedBytes: before?.usedBytes ?? disk.usedBytes, writtenBytes: Object.fromEntries(read) };
}

function writtenSince(baseline: DiskBaseline | null, { id, writtenBytes }: TaskUse): number {
  const fromBytes = baseline?.writtenBytes[id];
  return writtenBytes === null || fromBytes === undefined ? 0 : Math.max(0, writtenBytes - fromBytes);
}

/** A recent kill will free its memory. A kill that takes longer is stuck and frees nothing. */
function isFreeing({ cooldownMs }: PressureRules, { endingMs }: TaskUse): boolean {
  return endingMs !== null && endingMs < cooldownMs;
}

function percent(part: number, whole: number): number {
  return whole > 0 ? Math.round((part / whole) * 1000) / 10 : 0;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
