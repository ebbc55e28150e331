// Reads pressure stall information: the share of time in which processes waited for memory, CPU or I/O.
import { readKernelFile } from './proc-files.ts';

/** Percent of the last ten seconds. `full`: all runnable processes waited. */
interface Stalled {
  readonly someAvg10Pct: number;
  readonly fullAvg10Pct: number;
}

/** Null on a kernel without PSI (needs Linux 4.20+, CONFIG_PSI, and no psi=0). */
interface HostPressure {
  readonly memory: Stalled | null;
  readonly cpu: Stalled | null;
  readonly io: Stalled | null;
}

/** Source: Documentation/accounting/psi.rst. */
export function readHostPressure(root = '/proc/pressure'): HostPressure {
  return { memory: readStalled('memory', root), cpu: readStalled('cpu', root), io: readStalled('io', root) };
}

export function readStalled(what: keyof HostPressure, root = '/proc/pressure'): Stalled | null {
  // ENOENT: the kernel has no PSI. EOPNOTSUPP: PSI is disabled.
  const text = readKernelFile(`${root}/${what}`);
  return text === null ? null : parseStalled(text);
}

/** Parses `some avg10=0.00 avg60=0.13 avg300=1.57 total=1518771911` and `full …` (for the CPU since Linux 5.13). */
export function parseStalled(text: string): Stalled | null {
  const avg10 = (line: string) => new RegExp(`^${line} avg10=(\\d+\\.\\d+)`, 'm').exec(text)?.[1];
  const some = avg10('some');
  return some === undefined ? null : { someAvg10Pct: Number(some), fullAvg10Pct: Number(avg10('full') ?? 0) };
}
