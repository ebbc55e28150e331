// Reads a workload of agents' commands: CSV with a header. Each run has what it used, and what its caller declared.

export interface AgentRun {
  readonly id: string;
  readonly owner: string;
  readonly submitMs: number;
  /** With all the CPU time that it wants. */
  readonly runMs: number;
  readonly peakMemBytes: number;
  readonly cores: number;
}

const MIB = 1024 ** 2;

/** Columns: id, owner, submit_s, run_s, peak_mb, cores; others are ignored. Sorted by submission. Throws for another text. */
export function parseAgentRuns(text: string): AgentRun[] {
  const [head = '', ...lines] = text.trim().split('\n');
  const names = fieldsOf(head);
  return lines
    .map((line, index) => runOf(names, fieldsOf(line), index + 2))
    .sort((a, b) => a.submitMs - b.submitMs || (a.id < b.id ? -1 : 1));
}

function runOf(names: readonly string[], fields: readonly string[], lineNumber: number): AgentRun {
  const numberOf = (name: string): number => {
    const value = Number(fields[names.indexOf(name)] ?? Number.NaN);
    if (Number.isNaN(value)) throw new Error(`line ${lineNumber} has no number in column ${name}`);
    return value;
  };
  return {
    // Padded, so that ids sort like numbers.
    id: String(numberOf('id')).padStart(9, '0'),
    owner: fields[names.indexOf('owner')] ?? '',
    submitMs: 1000 * numberOf('submit_s'),
    runMs: 1000 * numberOf('run_s'),
    peakMemBytes: MIB * numberOf('peak_mb'),
    cores: numberOf('cores'),
  };
}

/** RFC 4180, without line breaks within a field. */
function fieldsOf(line: string): string[] {
  const matches = line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g);
  return [...matches].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}
