// What a request declares about one attempt: the estimate, and the limits that apply to it.

/** What the caller expects one attempt to use. `cpuCores` may be fractional. */
export interface Estimate {
  readonly timeMs: number;
  readonly memBytes: number;
  readonly cpuCores: number;
}

export interface Limits {
  readonly killTimeoutMs: number;
  /** 0 turns stall detection off. */
  readonly observabilityMs: number;
  /** Repeated output does not count as output (--observability=strict). */
  readonly isStrict: boolean;
  /** Paths and patterns of files whose growth counts as output; relative ones begin in the task's cwd. Absent: none. */
  readonly observe?: readonly string[];
  /** Percent of the host's memory. */
  readonly memPctLimit: number;
  /** Percent of the host's cores. */
  readonly cpuPctLimit: number;
}

/** The kernel's caps are this multiple of the estimate, unless a limit of the task or the host is lower. */
export const CAP_FACTOR = 3;
/** The watchdog kills at sustained use above this multiple of the estimate. */
export const KILL_FACTOR = 2;
/** CPU is compressible and a rate is imprecise: a use of CPU up to this multiple counts as within the estimate. */
export const CPU_RISK_MARGIN = 1.25;
