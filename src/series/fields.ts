// The fields of a time series, and the steps to which it is thinned with age.

export interface Field {
  readonly name: string;
  /** How the values of a longer step derive from those of a shorter one. */
  readonly thin: 'mean' | 'max';
  /** Of the printed value. */
  readonly decimals: number;
  readonly help: string;
}

const bytes = <N extends string>(name: N, help: string, thin: Field['thin'] = 'mean') => ({
  ...{ name, thin, decimals: 0, help },
});
const decimal = <N extends string>(name: N, help: string) => ({
  ...({ name, thin: 'mean', decimals: 2, help } as const),
});

/** Each point begins with `at`, the start of its step in epoch ms; these follow. A value that is not known is NaN. */
export const HOST_FIELDS = [
  bytes('mem_total_bytes', 'Memory of the host.'),
  bytes('mem_reserve_bytes', 'The part that tasks leave free.'),
  bytes('mem_ours_bytes', 'Used by running tasks.'),
  bytes('mem_outside_bytes', 'Used by other programs.'),
  decimal('cpu_cores', 'Cores in use.'),
  decimal('cpu_ours_cores', 'Cores that running tasks use.'),
  decimal('cpu_outside_cores', 'Cores that other programs use.'),
  decimal('psi_cpu_pct', 'Percent of ten seconds in which some processes waited for CPU.'),
  decimal('psi_mem_pct', 'Percent of ten seconds in which all processes waited for memory.'),
  decimal('psi_io_pct', 'Percent of ten seconds in which all processes waited for IO.'),
  bytes('disk_free_bytes', 'Free on the disk of the state directory.'),
  bytes('running', 'Running and paused tasks.', 'max'),
  bytes('pending', 'Pending tasks.', 'max'),
] as const satisfies readonly Field[];

export const TASK_FIELDS = [
  bytes('mem_bytes', 'Memory in use. The highest value of a step.', 'max'),
  decimal('cpu_cores', 'Cores in use.'),
  bytes('io_read_bytes_per_s', 'Bytes read from storage per second, counted every five seconds.'),
  bytes('io_write_bytes_per_s', 'Bytes written to storage per second, counted every five seconds.'),
] as const satisfies readonly Field[];

/** The values of one moment or step, in the order of the fields. */
export interface Point {
  readonly at: number;
  readonly values: readonly number[];
}

export interface Tier {
  readonly stepMs: number;
  /** Points that are kept. */
  readonly count: number;
}

const S = 1000;
const HOUR = 3600 * S;

/** Finest first: 1 s for 10 minutes, 10 s for 6 hours, 1 min for 7 days. */
export const TIERS: readonly Tier[] = [
  { stepMs: S, count: 600 },
  { stepMs: 10 * S, count: (6 * HOUR) / (10 * S) },
  { stepMs: 60 * S, count: (7 * 24 * HOUR) / (60 * S) },
];
