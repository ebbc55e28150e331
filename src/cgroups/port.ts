// The port every cgroup driver fills. Only this folder touches cgroupfs (and, for `none`, process groups).
import type { GroupRef } from '../core/task.ts';

/** Caps that can be written to a group. Bytes, cores (1 = one core's full time), weight 1..10000 as in cpu.weight. */
export interface GroupLimits {
  readonly memMaxBytes: number;
  readonly cpuMaxCores: number;
  readonly cpuWeight: number;
  /** SCHED_IDLE (Linux 5.15, in v1 too): only what nobody else wants. Absent: as the group is. */
  readonly cpuIdle?: boolean;
  readonly pidsMax: number;
}

/** One reading of a group; what costs a look at a file is read when it is asked for. Null: this driver or host does not count it. */
export interface GroupUsage {
  /** Working set without page cache, bytes: see usage.ts for the definition and its source. Null: the group has just gone. */
  readonly memBytes: number | null;
  /** The kernel's high-water mark, page cache included. */
  readonly memPeakCachedBytes: number | null;
  /** 0 also where the host does not count it. */
  readonly cpuUsec: number;
  readonly ioReadBytes: number | null;
  readonly ioWriteBytes: number | null;
  readonly pids: number;
  /** Processes of the group the kernel's OOM killer has ended (at least; some kernels count one twice). */
  readonly oomKills: number;
  /** Forks refused because the group was at pidsMax. */
  readonly pidsMaxHits: number;
}

/** A group that holds one attempt. Every method treats a group that has vanished as empty, never as an error. */
export interface Group {
  readonly ref: GroupRef;
  /** Files the command's process writes "0" into, in order, to enter the group before it executes. */
  readonly entryFiles: readonly string[];
  /** False: the supervisor makes the group on the way to the command, so it does not exist before the command has entered it. */
  readonly existsBeforeEntry: boolean;
  /** How the supervisor makes the group; null: it exists already, or an earlier daemon started the attempt. */
  readonly preparation: Preparation | null;
  /** Tells the driver the main process once it runs; only `none` needs it. */
  attach(main: { readonly pid: number; readonly startTicks: number }): void;
  /**
   * Rewrites the caps of the live group. Throws DriverError when the kernel refuses one (v1: EBUSY for a memory cap below
   * what is in use); the others are written all the same.
   */
  setLimits(limits: GroupLimits): void;
  /** Null when the group is gone. Called every second for every task: keep it cheap. */
  usage(): GroupUsage | null;
  /** Files of the counters that outlive the processes; copied by the supervisor when no daemon is there to read them. */
  readonly counterFiles: readonly string[];
  /** What `usage` would have said when the copies (path -> text) were made. Null: they do not tell. */
  usageFrom(copies: ReadonlyMap<string, string>): GroupUsage | null;
  populated(): boolean;
  pids(): number[];
  /** Signals every process of the group; thaws nothing. Returns how many were signalled. */
  signal(signal: NodeJS.Signals): number;
  /** SIGKILL to the whole group, at once and so that a fork cannot slip through; not verified empty. */
  killAll(): void;
  freeze(): void;
  thaw(): void;
  /** Removes the empty group (and empty groups the task made below it). False: still busy, try later. */
  remove(): boolean;
  /** Calls back when the kernel reports a change (emptied, OOM). Returns the stop function. No-op where the kernel has no such event. */
  watch(changed: () => void): () => void;
  /** Closes files kept open. */
  close(): void;
}

/** A step for the supervisor, because whoever is asked to make the group may take his time. */
export interface Preparation {
  /** Absolute path of a script for bash, sourced with `args`; $dir is the attempt's directory, fd 8 is open on its FIFO `unit`. */
  readonly script: string;
  readonly args: readonly string[];
  /** File to write "0" into for what belongs to the attempt's unit and not to the task. */
  readonly asideFile: string;
  /** Directory of the group that will be there. */
  readonly group: string;
}

export interface Driver {
  readonly kind: GroupRef['driver'];
  /** Makes the group `name` ([a-zA-Z0-9-]) with its caps written. Throws DriverError. */
  create(name: string, limits: GroupLimits): Group;
  /** Opens a group made earlier, perhaps by another daemon under another parent; it may be gone. */
  open(ref: GroupRef): Group;
  /** The groups that exist below this driver's parent, for the sweep at start; `none` has no parent and lists nothing. */
  list(): GroupRef[];
}

/** Makes groups that belong to a transient unit of systemd each; `open` of a Driver finds them again. */
export interface Units {
  /** The group `name`, in the unit `babysit-<label>-<name>.service`, both of them still to be made by its preparation. */
  create(name: string, limits: GroupLimits, label: string): Group;
}

/** A refusal of the kernel that the caller has to handle: what was tried, where, why. */
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

/** One question of the probe and its answer; `fix` says what to do about a no. */
export interface ProbeAnswer {
  readonly what: string;
  readonly ok: boolean;
  readonly reason: string;
  readonly fix: string | null;
}

export interface ProbeResult {
  readonly chosen: GroupRef['driver'];
  /** Why each candidate was taken or not, best first. */
  readonly answers: readonly ProbeAnswer[];
  /** What the chosen driver enforces; `io` is counted only, no cap is set on it. */
  readonly enforces: {
    readonly memory: boolean;
    readonly swap: boolean;
    readonly cpu: boolean;
    readonly pids: boolean;
    readonly freeze: boolean;
    readonly io: boolean;
    readonly wholeGroupOom: boolean;
  };
}
