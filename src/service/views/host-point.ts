// What a sampling pass measured, as a point of the live stream and as values of the time series.
import type { HostPoint } from '../../api/schemas/observe/live.ts';
import type { HostUse, Pass, TaskPass } from '../../engine/passes/pass.ts';
import { HOST_FIELDS, TASK_FIELDS } from '../../series/fields.ts';
import type { Measured } from '../../series/recorder.ts';
import { roundCores } from '../../units/number.ts';

export function hostPoint(at: number, { cpu, psi, ...use }: HostUse): HostPoint {
  return {
    at,
    mem_total_bytes: use.memTotalBytes,
    mem_reserve_bytes: Math.round(use.memReserveBytes),
    mem_ours_bytes: use.memOursBytes,
    mem_outside_bytes: use.memOutsideBytes,
    cpu_cores: roundCores(cpu?.cores),
    cpu_ours_cores: roundCores(cpu?.oursCores),
    cpu_outside_cores: roundCores(cpu?.outsideCores),
    psi_cpu_pct: psi.cpuPct,
    psi_mem_pct: psi.memPct,
    psi_io_pct: psi.ioPct,
    disk_free_bytes: use.diskFreeBytes,
    running: use.running,
    pending: use.pending,
  };
}

type TaskField = (typeof TASK_FIELDS)[number]['name'];

const TASK_VALUES: Readonly<Record<TaskField, (pass: TaskPass) => number | null | undefined>> = {
  mem_bytes: ({ memBytes }) => memBytes,
  cpu_cores: ({ cpuCores }) => cpuCores,
  io_read_bytes_per_s: ({ io }) => io?.readBytesPerS,
  io_write_bytes_per_s: ({ io }) => io?.writeBytesPerS,
};
const TASK_READERS = TASK_FIELDS.map(({ name }) => TASK_VALUES[name]);

export function measured(pass: Pass): Measured {
  const host = hostPoint(pass.at, pass.host);
  return {
    at: pass.at,
    host: HOST_FIELDS.map(({ name }) => host[name] ?? Number.NaN),
    tasks: pass.tasks.map((task) => ({
      id: task.id,
      values: TASK_READERS.map((read) => read(task) ?? Number.NaN),
      isIdle: task.cpuCores === 0,
    })),
  };
}
