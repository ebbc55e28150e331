// The port that every cgroup driver implements. Only this room accesses cgroupfs and, for `none`, process groups.
import type { DriverKind, GroupRef, UnitOptions } from '../core/task.ts';

/** Limits of a group: bytes, cores (1 is the full time of one core), weight 1 to 10000 as in cpu.weight. */
export interface GroupLimits {
  readonly memMaxBytes: number;
  readonly cpuMaxCores: number;
  readonly cpuWeight: number;
  /** cpu.idle (Linux 5.15, v1 too): the group gets only idle CPU time. Absent: do not change it. */
  readonly cpuIdle?: boolean;
  readonly pidsMax: number;
}

/** One reading of a group. Each counter is read when it is accessed. Null: the driver or host does not count it. */
export interface GroupUsage {
  /** Working set in bytes, without page cache; see usage.ts. Null when the group was removed. */
  readonly memBytes: number | null;
  /** The kernel's high-water mark, including page cache. */
  readonly memPeakCachedBytes: number | null;
  /**
   * The same less the page cache that is charged now. Read at the end of a task, it is close to the highest working set
   * unless the task deleted the files that it had read or written.
   */
  readonly memPeakBytes: number | null;
  readonly cpuUsec: number;
  readonly ioReadBytes: number | null;
  readonly ioWriteBytes: number | null;
  readonly pids: number;
  /** Processes that the OOM killer ended, for whatever limit. Some kernels count one twice. Null: not counted. */
  readonly oomKills: number | null;
  /** Evidence that the group itself was at its memory limit when the kernel killed; false if another group or the host. */
  readonly isOomAtOwnCap: boolean;
  /** Forks refused because of pidsMax. */
  readonly pidsMaxHits: number;
  /** Processes of the task outside of its group. Their use is included; no limit of the group holds for them. */
  readonly strays: readonly Stray[];
}

export interface Stray {
  readonly pid: number;
  /** Program name, without arguments. */
  readonly name: string;
  /** The path of the group in which it is. */
  readonly cgroup: string;
}

/** The group of one attempt. Every method treats a removed group as empty, never as an error. */
export interface Group {
  readonly ref: GroupRef;
  /** The command's process writes "0" to these files, in order, to enter the group before exec. */
  readonly entryFiles: readonly string[];
  /** False when the launch script creates the group, so that it exists only after the command has entered it. */
  readonly existsBeforeEntry: boolean;
  /** How the launch script creates the group; null if it exists or if an earlier daemon started the attempt. */
  readonly preparation: Preparation | null;
  attach(main: { readonly pid: number; readonly startTicks: number }): void;
  /**
   * Changes the limits of the live group. Writes all of them, then throws DriverError if the kernel refused one
   * (v1: EBUSY for a memory limit below the usage).
   */
  setLimits(limits: GroupLimits): void;
  /** v1: gives the group room for its kernel memory beyond `memMaxBytes`. `reclaimableBytes`: slab that the host can free. */
  allowKernelMemory(memMaxBytes: number, reclaimableBytes: () => number): void;
  /** Returns null when the group is gone. Called every second for every task. */
  usage(): GroupUsage | null;
  /** Counters that stay readable after the processes end. The supervisor copies them if no daemon is alive. */
  readonly counterFiles: readonly string[];
  /** The usage from copies of the counters (path -> text); null if they do not contain it. */
  usageFrom(copies: ReadonlyMap<string, string>): GroupUsage | null;
  populated(): boolean;
  /**
   * `maxAgeMs`: a scan of the host's processes may be that old, where the group needs one. Infinity: for counters, without
   * a scan and without processes that are being moved.
   */
  pids(maxAgeMs?: number): number[];
  /** Signals every process of the group without thawing it. Returns the number of signaled processes. */
  signal(signal: NodeJS.Signals): number;
  /** Sends SIGKILL to the whole group so that no fork escapes. Does not wait for the end of the processes. */
  killAll(): void;
  freeze(): void;
  thaw(): void;
  /** Thaws the groups below it too, which the task has frozen itself: before a signal that must be delivered. */
  thawAll(): void;
  /** Removes the empty group and empty groups below it. Returns false while it is busy. */
  remove(): boolean;
  /** Calls `changed` when the kernel reports a change (empty, OOM), if it can. Returns the stop function. */
  watch(changed: () => void): () => void;
  close(): void;
}

/** All memory of a group and the groups below it. A value is null when the group is gone or has no such file. */
export interface GroupMemory {
  /** Absolute directory. */
  readonly path: string;
  /** Everything charged, with page cache. Costs one read. */
  chargedBytes(): number | null;
  /** Kernel memory that counts for the limit and not for the working set (v1); else 0. */
  kernelBytes(): number;
  /** The working set; see usage.ts. */
  usedBytes(): number | null;
  /** Infinity, or a number above every host, without a limit. */
  limitBytes(): number | null;
  /** `highBytes`: from there the kernel slows growth down, where it can (memory.high). No swap. Returns the refusal. */
  cap(cap: { readonly maxBytes: number; readonly highBytes: number }): string | null;
  close(): void;
}

/** Creation of the group by the launch script: systemd may be slow, and the daemon must not block. */
export interface Preparation {
  /** Body of a bash function, called with `args`. $dir is the attempt's directory; fd 8 is open on its FIFO `unit`. */
  readonly script: string;
  readonly args: readonly string[];
  /** Processes of the unit that do not belong to the task write "0" to this file. */
  readonly asideFile: string;
  readonly group: string;
  /** Shell lines that print systemd's result of a unit that systemd ended. */
  readonly resultScript: string;
}

/** How one driver creates and lists groups. */
export interface GroupFactory {
  readonly kind: DriverKind;
  /** Creates the group `name` ([a-zA-Z0-9-]) and writes its limits. Throws DriverError. */
  create(name: string, limits: GroupLimits): Group;
  /** The groups below the driver's parent. The driver `none` lists nothing. */
  list(): GroupRef[];
}

export interface Driver extends GroupFactory {
  /** Opens an existing or removed group of any driver: the host's driver may change while a task is live. */
  open(ref: GroupRef): Group;
  /** The memory of the parent of the group, which holds the groups of all tasks. Null where nothing limits it. */
  openParentMemory(ref: GroupRef): GroupMemory | null;
}

/** Creates groups in transient systemd units. `Driver.open` opens them again. */
export interface Units {
  /** Describes the group `name` in a unit, by default `babysit-<label>-<name>.service`. Its preparation creates both. */
  create(name: string, limits: GroupLimits, label: string, options?: UnitOptions): Group;
  /** Unloads the ended units whose names match the patterns of systemctl. Does not wait. */
  unload(patterns: readonly string[]): void;
}

/** The kernel refused an operation: the errno, the file and the reason. */
export class DriverError extends Error {
  readonly code: string;
  readonly path: string;
  constructor(code: string, path: string, message: string) {
    super(message);
    this.name = 'DriverError';
    this.code = code;
    this.path = path;
  }
}

export interface ProbeAnswer {
  readonly what: string;
  readonly ok: boolean;
  readonly reason: string;
  readonly fix: string | null;
}

/** What a driver enforces. `io`: the kernel counts the buffered writes of a group; nothing limits them. */
export interface Enforces {
  readonly memory: boolean;
  readonly swap: boolean;
  readonly cpu: boolean;
  readonly pids: boolean;
  readonly freeze: boolean;
  readonly io: boolean;
  readonly wholeGroupOom: boolean;
}

export interface ProbeResult {
  readonly chosen: DriverKind;
  /** The answers in the order of preference. */
  readonly answers: readonly ProbeAnswer[];
  readonly enforces: Enforces;
}
