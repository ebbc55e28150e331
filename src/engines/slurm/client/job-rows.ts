// The rows that squeue prints about jobs, and the start that sbatch --test-only prints: the format to ask for, and how to read it.

export interface SlurmJob {
  /** `12`, or `12_3` for an element of an array. */
  readonly id: string;
  /** Slurm's own word, such as `RUNNING`. */
  readonly state: string;
  /** As of wait(2); null while the job has not ended. */
  readonly waitStatus: number | null;
  readonly reason: string;
  readonly nodes: string;
  /** Epoch ms; null: not known. Of a running job it is the end of its time limit. */
  readonly endsAt: number | null;
  readonly comment: string;
}

/** A comment may contain any other character, also a line break. */
const FIELD_END = '\x1f';
const ROW_END = '\x1f\x1e\n';

const JOB_FIELDS = ['JobArrayID', 'State', 'exit_code', 'Reason', 'NodeList', 'EndTime', 'Comment'] as const;

/** For `squeue --Format`. */
export const JOB_FORMAT = formatOf(JOB_FIELDS);
export const START_FORMAT = formatOf(['JobArrayID', 'StartTime']);

function formatOf(fields: readonly string[]): string {
  return `${fields.map((field) => `${field}:${FIELD_END}`).join(',')}\x1e`;
}

export function parseJobs(text: string): SlurmJob[] {
  return rowsOf(text, JOB_FIELDS.length).map(
    ([id = '', state = '', waitStatus, reason = '', nodes = '', endTime, comment]) => ({
      id,
      state,
      waitStatus: LIVE.has(state) ? null : Number(waitStatus),
      reason,
      nodes,
      endsAt: timeOf(endTime),
      comment: textOf(comment),
    }),
  );
}

/** While it lasts squeue prints the exit status 0. */
const LIVE: ReadonlySet<string> = new Set([
  'PENDING',
  'CONFIGURING',
  'RUNNING',
  'SUSPENDED',
  'STOPPED',
  'RESIZING',
  'SIGNALING',
  'STAGE_OUT',
  'COMPLETING',
]);

export function parseStarts(text: string): Map<string, number> {
  const starts = new Map<string, number>();
  for (const [id = '', start] of rowsOf(text, 2)) {
    const at = timeOf(start);
    if (at !== null) starts.set(id, at);
  }
  return starts;
}

/** Epoch ms; null without the sentence `Job 7 to start at …`. */
export function parseExpectedStart(text: string): number | null {
  const seconds = /\bJob \d+ to start at (\d+) /.exec(text)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

function rowsOf(text: string, width: number): string[][] {
  return text
    .split(ROW_END)
    .map((row) => row.split(FIELD_END))
    .filter((fields) => fields.length === width);
}

/** Of seconds of the epoch; `N/A` where Slurm knows none. */
export function timeOf(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) && text !== '0' ? Number(text) * 1000 : null;
}

function textOf(text: string | undefined): string {
  return text === undefined || text === '(null)' ? '' : text;
}
