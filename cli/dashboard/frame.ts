// What the page gets of the daemon's live stream: the fields that it shows, with bounded texts.
import type { FrameView } from '../../src/api/schemas/observe/live.ts';
import type { StatusView } from '../../src/api/schemas/status.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';

/** The fields of a task that the lists of the page show. */
const ROW = [
  'id',
  'name',
  'status',
  'owner',
  'project',
  'command',
  'attempt',
  'priority',
  'estimated_time_ms',
  'estimated_mem_bytes',
  'estimated_cpu_cores',
  'kill_timeout_ms',
  'observability_interval_ms',
  'submitted_at',
  'started_at',
  'ended_at',
  'elapsed_ms',
  'held_at',
  'throttled_at',
  'mem_max_bytes',
  'mem_bytes',
  'cpu_cores',
  'cpu_max_cores',
  'silent_ms',
  'progress',
  'waiting',
  'exit_code',
  'signal',
  'kill_reason',
  'kill_hint',
  'reason',
  'hint',
  'peak_mem_bytes',
] as const satisfies readonly (keyof TaskView)[];
export type Row = Pick<TaskView, (typeof ROW)[number]>;

export interface Frame {
  readonly at: number;
  /** Null before the first sampling pass. */
  readonly host: FrameView['host'];
  readonly hostname: string;
  readonly cores: number;
  readonly profile: string;
  readonly driver: string;
  readonly notEnforced: readonly string[];
  readonly capacity: StatusView['capacity'];
  readonly counts: StatusView['tasks'];
  readonly pressure: StatusView['pressure'];
  readonly holds: StatusView['holds'];
  readonly notices: StatusView['notices'];
  readonly leases: StatusView['leases'];
  readonly running: readonly Row[];
  readonly pending: readonly Row[];
  readonly ended: readonly Row[];
  readonly outside: FrameView['outside'];
}

/** The task page shows the whole text. */
const TEXT_MAX = 200;
const NAMES_MAX = 8;

export function frameOf(line: FrameView): Frame {
  const { status } = line;
  return {
    at: line.at,
    host: line.host,
    hostname: status.host.hostname,
    cores: status.host.cores,
    profile: status.profile,
    driver: status.daemon.driver,
    notEnforced: status.daemon.not_enforced,
    capacity: status.capacity,
    counts: status.tasks,
    pressure: status.pressure,
    holds: status.holds,
    notices: status.notices,
    leases: status.leases,
    running: line.running.map(rowOf),
    pending: line.pending.map(rowOf),
    ended: line.ended.map(rowOf),
    outside: line.outside,
  };
}

export function rowOf(task: TaskView): Row {
  const row = Object.fromEntries(ROW.map((key) => [key, task[key]])) as unknown as Row;
  const { waiting } = row;
  return {
    ...row,
    command: row.command.slice(0, TEXT_MAX),
    waiting:
      waiting === null
        ? null
        : {
            ...waiting,
            blocked_by: waiting.blocked_by.slice(0, NAMES_MAX),
            owners: waiting.owners.slice(0, NAMES_MAX),
          },
  };
}
