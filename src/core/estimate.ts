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
  /** Percent of the host's memory. */
  readonly memPctLimit: number;
  /** Percent of the host's cores. */
  readonly cpuPctLimit: number;
}
