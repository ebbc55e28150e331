// What a request declares about one attempt: the estimate, and the limits that apply to it.

/** What the caller expects one attempt to use. `cpuCores` may be fractional. */
export interface Estimate {
  readonly timeMs: number;
  readonly memBytes: number;
  readonly cpuCores: number;
}

export type Dimension = keyof Estimate;
export type PerDimension<T> = { readonly [D in Dimension]: T };

/** From the most exact to the most general key of a command. */
export const LEARNED_LEVELS = ['exact', 'shape', 'subcommand', 'elsewhere'] as const;
export type LearnedLevel = (typeof LEARNED_LEVELS)[number];

/** `rule`: a rule for the kind of command, such as a build, that no run has shown yet. */
export const ESTIMATE_SOURCES = ['declared', 'learned', 'rule', 'default'] as const;
export type EstimateSource = (typeof ESTIMATE_SOURCES)[number];

export interface LearnedValue {
  readonly value: number;
  readonly level: LearnedLevel;
  /** The number of runs it rests on. */
  readonly n: number;
}

/** A declared value that is far from what earlier runs used. Times in ms, memory in bytes. */
export interface Advice {
  readonly dim: 'time' | 'mem' | 'cpu';
  readonly declared: number;
  readonly learned: number;
  readonly n: number;
  readonly level: LearnedLevel;
  /** The use of the last runs, oldest first. */
  readonly recent: readonly number[];
  /** How many of them were killed for this dimension or cut short. */
  readonly killed: number;
}

/** Where an estimate comes from, and what earlier runs of the command showed when it was submitted. */
export interface EstimateBasis {
  /** What the caller declared, else the default. */
  readonly stated: Estimate;
  /** The source of what is charged. */
  readonly from: PerDimension<EstimateSource>;
  /** Null: too few runs. The time is one by which four of five runs end. */
  readonly learned: PerDimension<LearnedValue | null>;
  /** The time by which half of the runs end; null: too few runs. */
  readonly expectedTimeMs: number | null;
  /** Absent: none. */
  readonly advice?: readonly Advice[];
}

/** What is charged, and its basis; absent: all of it was declared. */
export interface Estimated {
  readonly estimate: Estimate;
  readonly basis?: EstimateBasis;
}

/** `runaway_risk` is reported above this: what was declared or is the default, or the charge if that is larger. */
export function statedEstimate({ estimate, basis }: Estimated): Estimate {
  return basis === undefined ? estimate : largerOf(estimate, basis.stated);
}

/** Caps, kill timeout and watchdog derive from this: max(declared or default, learned, charge). Learning only widens them. */
export function boundEstimate({ estimate, basis }: Estimated): Estimate {
  if (basis === undefined) return estimate;
  const { timeMs, memBytes, cpuCores } = basis.learned;
  const learned = {
    timeMs: timeMs?.value ?? 0,
    memBytes: memBytes?.value ?? 0,
    cpuCores: cpuCores?.value ?? 0,
  };
  return largerOf(largerOf(estimate, basis.stated), learned);
}

/** The basis after a caller has changed the estimate: what changed is declared from now on. */
export function restated(before: Estimated, after: Estimate): { readonly basis?: EstimateBasis } {
  const { estimate, basis } = before;
  if (basis === undefined) return {};
  const isChanged = (dim: Dimension) => after[dim] !== estimate[dim];
  const stated = (dim: Dimension) => (isChanged(dim) ? after[dim] : basis.stated[dim]);
  const from = (dim: Dimension) => (isChanged(dim) ? 'declared' : basis.from[dim]);
  return { basis: { ...basis, stated: perDimension(stated), from: perDimension(from) } };
}

export function perDimension<T>(of: (dim: Dimension) => T): PerDimension<T> {
  return { timeMs: of('timeMs'), memBytes: of('memBytes'), cpuCores: of('cpuCores') };
}

function largerOf(a: Estimate, b: Estimate): Estimate {
  return perDimension((dim) => Math.max(a[dim], b[dim]));
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
