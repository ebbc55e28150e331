// Reads a trace in the Standard Workload Format (Chapin et al., JSSPP 1999; version 2.2): one job a line, 18 numbers.

export interface Job {
  readonly id: string;
  readonly submitMs: number;
  readonly runMs: number;
  readonly processors: number;
  /** At least 1 s. */
  readonly requestedMs: number;
  /** Its past jobs show what this one takes. */
  readonly user: string;
  /** Whose share it counts for: the user, unless the trace was changed. */
  readonly owner: string;
}

export interface Trace {
  readonly processors: number;
  /** Sorted by submission time. */
  readonly jobs: readonly Job[];
}

/** Throws without `; MaxProcs:` or `; MaxNodes:` in the header, and for an invalid line. */
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

/** Returns null for a job that did not run. A job that exceeded its request was killed, so its run time is cut to it. */
function jobOf(line: string, lineNumber: number): Job | null {
  const fields = line.trim().split(/\s+/).map(Number);
  if (fields.length < 12 || fields.some(Number.isNaN))
    throw new Error(`line ${lineNumber} is not an SWF record`);
  // The format numbers its fields from 1.
  const field = (number: number): number => fields[number - 1] ?? -1;
  const processors = field(8) > 0 ? field(8) : field(5);
  if (field(4) < 0 || processors <= 0) return null;
  const run = field(9) > 0 ? Math.min(field(4), field(9)) : field(4);
  return {
    // Padded, so that ids sort like numbers.
    id: String(field(1)).padStart(9, '0'),
    submitMs: field(2) * 1000,
    runMs: run * 1000,
    processors,
    requestedMs: Math.max(1, field(9) > 0 ? field(9) : run) * 1000,
    user: String(field(12)),
    owner: String(field(12)),
  };
}
