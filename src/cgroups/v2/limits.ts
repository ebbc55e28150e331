// Converts the limits of a group to cgroup v2 files, in the order in which they are written. Pure.
import type { CpuShare } from '../driver-module.ts';
import type { GroupLimits } from '../port.ts';

export interface FileValue {
  readonly file: string;
  readonly value: string;
  readonly optional?: boolean;
}

export const PERIOD_USEC = 100_000;
/** The kernel refuses a quota below 1 ms. */
const MIN_QUOTA_USEC = 1_000;

export type ControllerV2 = 'memory' | 'cpu' | 'pids' | 'io';
export const CONTROLLERS_V2 = ['memory', 'cpu', 'pids', 'io'] as const satisfies readonly ControllerV2[];

/** Returns only files of the given controllers. Does not set memory.high: it slows a task down instead of killing it. */
export function limitsV2(limits: GroupLimits, controllers: ReadonlySet<ControllerV2>): FileValue[] {
  const files: FileValue[] = [];
  if (controllers.has('memory')) {
    files.push(
      // Absent before Linux 4.19.
      { file: 'memory.oom.group', value: '1', optional: true },
      // Absent if the kernel was built or booted without swap accounting.
      { file: 'memory.swap.max', value: '0', optional: true },
      { file: 'memory.max', value: wholeBytes(limits.memMaxBytes) },
    );
  }
  if (controllers.has('cpu')) {
    files.push(
      { file: 'cpu.max', value: `${quotaUsec(limits.cpuMaxCores)} ${PERIOD_USEC}` },
      ...withIdle(limits.cpuIdle, {
        file: 'cpu.weight',
        value: wholeWeight(limits.cpuWeight),
      }),
    );
  }
  if (controllers.has('pids')) files.push({ file: 'pids.max', value: wholeCount(limits.pidsMax) });
  return files;
}

/** The files of the parent group. */
export function shareV2({ maxCores, weight, isIdle }: CpuShare): FileValue[] {
  const quota = maxCores === null ? 'max' : quotaUsec(maxCores);
  return [
    { file: 'cpu.max', value: `${quota} ${PERIOD_USEC}` },
    ...withIdle(isIdle, { file: 'cpu.weight', value: wholeWeight(weight) }),
  ];
}

/** The kernel refuses a weight for an idle group (EINVAL): clear cpu.idle first. */
export function withIdle(cpuIdle: boolean | undefined, weight: FileValue): FileValue[] {
  if (cpuIdle === undefined) return [weight];
  const idle = (value: string): FileValue => ({ file: 'cpu.idle', value, optional: true });
  return cpuIdle ? [idle('0'), weight, idle('1')] : [idle('0'), weight];
}

/** CPU time in µs per period of 100 ms. */
export function quotaUsec(cores: number): number {
  return Math.max(MIN_QUOTA_USEC, Math.round(cores * PERIOD_USEC));
}

function wholeWeight(weight: number): string {
  return String(clamp(Math.round(weight), 1, 10_000));
}

export function wholeBytes(bytes: number): string {
  return String(Math.max(0, Math.floor(bytes)));
}

export function wholeCount(count: number): string {
  return String(Math.max(1, Math.floor(count)));
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
