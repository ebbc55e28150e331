// The recorded and synthetic runs of the bench of estimates, in one form.
import { type CommandKey, commandKey } from '../../src/estimates/key.ts';
import { readCsv } from './csv.ts';

export interface RecordedRun {
  readonly project: string;
  readonly key: CommandKey;
  /** Seconds since the first one; null: not recorded. */
  readonly submitS: number | null;
  readonly runS: number;
  readonly peakBytes: number;
  readonly cores: number | null;
  /** The run was cut short by something else than its memory. */
  readonly isCut: boolean;
  /** Null: omitted. */
  readonly declaredBytes: number | null;
  readonly declaredCores: number | null;
}

const MIB = 1024 ** 2;

type Row = ReadonlyMap<string, string>;

/** Calls with a sample of memory. */
export function agentRuns(file: string): RecordedRun[] {
  return readCsv(file)
    .filter((row) => number(row, 'samples') >= 1)
    .map((row) => ({
      project: text(row, 'project'),
      key: commandKey({ kind: 'shell', line: text(row, 'command') }),
      submitS: null,
      runS: number(row, 'duration_s'),
      peakBytes: number(row, 'delta_mb') * MIB,
      cores: null,
      isCut: /^(?:timeout|killed)$/.test(text(row, 'outcome')),
      declaredBytes: null,
      declaredCores: null,
    }));
}

export function workflowTasks(file: string): RecordedRun[] {
  return readCsv(file)
    .filter((row) => number(row, 'wall_time') > 0)
    .map((row) => ({
      project: 'workflow',
      key: commandKey({ kind: 'argv', argv: [text(row, 'category')] }),
      submitS: null,
      runS: number(row, 'wall_time'),
      peakBytes: number(row, 'memory') * MIB,
      cores: number(row, 'cores'),
      isCut: false,
      declaredBytes: null,
      declaredCores: null,
    }));
}

/** Columns: project, command, submit_s, run_s, peak_mb, cores, declared_mem_mb, declared_cores ('' = omitted). */
export function syntheticRuns(file: string): RecordedRun[] {
  return readCsv(file).map((row) => ({
    project: text(row, 'project'),
    key: commandKey({ kind: 'shell', line: text(row, 'command') }),
    submitS: number(row, 'submit_s'),
    runS: number(row, 'run_s'),
    peakBytes: number(row, 'peak_mb') * MIB,
    cores: number(row, 'cores'),
    isCut: false,
    declaredBytes: optional(row, 'declared_mem_mb', MIB),
    declaredCores: optional(row, 'declared_cores', 1),
  }));
}

function text(row: Row, name: string): string {
  const value = row.get(name);
  if (value === undefined) throw new Error(`the file has no column ${name}`);
  return value;
}

function number(row: Row, name: string): number {
  return Number(text(row, name));
}

function optional(row: Row, name: string, factor: number): number | null {
  return text(row, name) === '' ? null : factor * number(row, name);
}
