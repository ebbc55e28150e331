// The metrics: names, labels and every value of a label. A label never carries a name, a command or another text of a
// caller, so the number of time series is fixed.
import { KILL_REASON_NAMES } from '../core/kill-reasons.ts';

export interface MetricRow {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Each label with its values; null: one text that the build or the host decides. */
  readonly labels: Readonly<Record<string, readonly string[] | null>>;
  /** Upper bounds, for a histogram. */
  readonly buckets?: readonly number[];
}

const counter = <L extends MetricRow['labels']>(help: string, labels: L) => ({
  ...({ kind: 'counter', help, labels } as const),
});
const gauge = <L extends MetricRow['labels']>(help: string, labels: L) => ({
  ...({ kind: 'gauge', help, labels } as const),
});
const histogram = (help: string, buckets: readonly number[]) => ({
  ...({ kind: 'histogram', help, labels: {}, buckets } as const),
});

/** A value that is not in the list of its label. */
export const OTHER = 'other';

/** Errors that refuse a submission for lack of room or for its rate. */
export const DENIALS = [
  'capacity_exceeded',
  'infeasible',
  'queue_full',
  'rate_limited',
  'disk_full',
] as const;

export const METRICS = {
  babysit_tasks: gauge('Live tasks by state.', { state: ['running', 'paused', 'pending'] }),
  babysit_tickets: gauge('Callers that wait for room without a task.', {}),
  babysit_leases: gauge('Leases that hold room.', {}),
  babysit_start_holds: gauge('Holds by a person, which stop the starting of tasks.', {}),
  babysit_admissions_total: counter('Accepted submissions.', { outcome: ['started', 'queued', 'forced'] }),
  babysit_denials_total: counter('Refused submissions, by error and by the dimension that was short.', {
    error: DENIALS,
    dim: ['mem', 'cpu', 'slots', 'reservation', 'profile', 'none', OTHER],
  }),
  babysit_starts_total: counter('Attempts that started.', {}),
  babysit_retries_total: counter('Attempts that follow a failed one.', {}),
  babysit_ends_total: counter('Tasks that ended.', {
    status: ['completed', 'failed', 'killed', 'interrupted'],
  }),
  babysit_kills_total: counter('Requested kills by reason.', { reason: KILL_REASON_NAMES }),
  babysit_watchdog_limits_total: counter(
    'Times that the watchdog froze or throttled a task for a shortage.',
    {
      kind: ['held', 'throttled'],
    },
  ),
  babysit_queue_wait_seconds: histogram(
    'Time from the submission to the first start, with the wait for other tasks.',
    [0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400, 43_200],
  ),
  babysit_host_memory_bytes: gauge('Memory of the host and its use.', {
    kind: ['total', 'available', 'reserve', 'ours', 'outside'],
  }),
  babysit_host_cpu_cores: gauge('Cores of the host and their use.', {
    kind: ['total', 'used', 'ours', 'outside'],
  }),
  babysit_host_stalled_ratio: gauge('Part of ten seconds that processes waited (PSI; CPU: some, else all).', {
    resource: ['memory', 'cpu', 'io'],
  }),
  babysit_host_disk_free_bytes: gauge('Free on the disk of the state directory.', {}),
  babysit_pressure_seconds: gauge(
    'How long the host has been short; 0 while it is not. No task starts then.',
    {
      dim: ['mem', 'disk'],
    },
  ),
  babysit_ledger_memory_bytes: gauge('What tasks may use together, and what is charged.', {
    kind: ['limit', 'outside', 'running', 'pending', 'leased', 'available'],
  }),
  babysit_ledger_cpu_cores: gauge('What tasks may reserve together, and what is charged.', {
    kind: ['limit', 'outside', 'reserved', 'available'],
  }),
  babysit_sampling_pass_seconds: histogram(
    'Duration of a sampling pass.',
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  ),
  babysit_daemon_info: gauge('1, with the version and the driver of the daemon.', {
    version: null,
    driver: null,
  }),
  babysit_daemon_start_time_seconds: gauge('When the daemon started, in seconds since 1970.', {}),
  babysit_daemon_cpu_seconds_total: counter('CPU time of the daemon.', {}),
  babysit_daemon_resident_memory_bytes: gauge('Resident memory of the daemon.', {}),
  babysit_daemon_loop_busy_ratio: gauge(
    'Part of the time since the last reading that the loop was busy.',
    {},
  ),
  babysit_daemon_notices: gauge('What a person should look at: see babysit doctor.', {}),
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof METRICS;
type NameOf<K extends MetricRow['kind']> = {
  [N in MetricName]: (typeof METRICS)[N]['kind'] extends K ? N : never;
}[MetricName];
export type CounterName = NameOf<'counter'>;
export type GaugeName = NameOf<'gauge'>;
export type HistogramName = NameOf<'histogram'>;

type Values<L> = L extends readonly (infer V)[] ? V : string;
export type LabelsOf<N extends MetricName> = {
  readonly [L in keyof (typeof METRICS)[N]['labels']]: Values<(typeof METRICS)[N]['labels'][L]>;
};
