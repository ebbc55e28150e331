// Reads a trace in the Standard Workload Format (Chapin et al., JSSPP 1999; version 2.2): one job a line, 18 numbers.

export interface Job {
  readonly id: string;
  readonly submitMs: number;
  readonly runMs: number;
  readonly processors: number;
  /** At least a second. */
  readonly requestedMs: number;
  readonly user: string;
}

export interface Trace {
  readonly processors: number;
  /** By submission. */
  readonly jobs: readonly Job[];
}

/** Throws on a text without `; MaxProcs:` or `; MaxNodes:` in its header, and on a line that holds no job. */
export function parseSwf(text: string): Trace {
  const processors = Number(
    /^;\s*MaxProcs:\s*(\d+)/m.exec(text)?.[1] ?? /^;\s*MaxNodes:\s*(\d+)/m.exec(text)?.[1],
  );
  if (!(processors > 0)) throw new Error('the header names neither MaxProcs nor MaxNodes');
  const jobs: Job[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith(';') || line.trim() === '') continue;
    const job = jobOf(line, index + 1);
    if (job !== null && job.processors <= processors) jobs.push(job);
  }
  return { processors, jobs: jobs.sort((a, b) => a.submitMs - b.submitMs) };
}

/**
 * Null where the record is of no job that ran. A job that outran its request was killed then, which is why its run time
 * is cut to it.
 */
function jobOf(line: string, lineNumber: number): Job | null {
  const fields = line.trim().split(/\s+/).map(Number);
  if (fields.length < 12 || fields.some(Number.isNaN)) throw new Error(`line ${lineNumber} is no SWF record`);
  // Numbers as in the format's description, which counts from 1.
  const field = (number: number): number => fields[number - 1] ?? -1;
  const processors = field(8) > 0 ? field(8) : field(5);
  if (field(4) < 0 || processors <= 0) return null;
  const run = field(9) > 0 ? Math.min(field(4), field(9)) : field(4);
  return {
    // Padded, so that the order of ids is that of the numbers.
    id: String(field(1)).padStart(9, '0'),
    submitMs: field(2) * 1000,
    runMs: run * 1000,
    processors,
    requestedMs: Math.max(1, field(9) > 0 ? field(9) : run) * 1000,
    user: String(field(12)),
  };
}
