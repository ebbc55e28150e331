// Pressure stall information of the kernel: how much of the last seconds processes stood still for want of memory, CPU or IO.
import { readKernelFile } from './proc-files.ts';

/** Percent of the last ten seconds. `full`: everything that could run stood still. */
export interface Stalled {
  readonly someAvg10Pct: number;
  readonly fullAvg10Pct: number;
}

/** Null: this kernel does not tell (Linux 4.20+ with CONFIG_PSI, not disabled by psi=0). */
export interface HostPressure {
  readonly memory: Stalled | null;
  readonly cpu: Stalled | null;
  readonly io: Stalled | null;
}

/** Source: Documentation/accounting/psi.rst. */
export function readHostPressure(root = '/proc/pressure'): HostPressure {
  return { memory: readStalled('memory', root), cpu: readStalled('cpu', root), io: readStalled('io', root) };
}

export function readStalled(what: keyof HostPressure, root = '/proc/pressure'): Stalled | null {
  // Unreadable with ENOENT where this kernel has no PSI, with EOPNOTSUPP where it is switched off.
  const text = readKernelFile(`${root}/${what}`);
  return text === null ? null : parseStalled(text);
}

/** `some avg10=0.00 avg60=0.13 avg300=1.57 total=1518771911`, and the same for `full` (of the CPU since Linux 5.13). */
export function parseStalled(text: string): Stalled | null {
  const avg10 = (line: string) => new RegExp(`^${line} avg10=(\\d+\\.\\d+)`, 'm').exec(text)?.[1];
  const some = avg10('some');
  return some === undefined ? null : { someAvg10Pct: Number(some), fullAvg10Pct: Number(avg10('full') ?? 0) };
}
