// What is known of a task's progress from what it has printed and told so far. Passed in and out; bounded, whatever is printed.
import type { Progress } from '../core/progress.ts';
import { mediaCount, mediaLengthMs } from './media.ts';
import { readTold } from './progress-file.ts';
import { readLine } from './read-line.ts';
import type { Count, Reading } from './reading.ts';

export interface ProgressState {
  readonly output: Known;
  readonly told: Known;
  /** Length of what ffmpeg works on; null: none was told. */
  readonly mediaMs: number | null;
}

/** What one source has said. Times are of the clock the caller passes in, in ms. */
interface Known {
  /** The line that has not ended yet. */
  readonly unfinished: string;
  readonly count: Count | null;
  /** Where the series of counts began: same total, never falling. */
  readonly pace: { readonly atMs: number; readonly fraction: number } | null;
  readonly eta: { readonly leftMs: number; readonly atMs: number } | null;
  readonly phase: string | null;
  readonly failed: number | null;
  readonly note: string | null;
}

const NOTHING: Known = {
  unfinished: '',
  count: null,
  pace: null,
  eta: null,
  phase: null,
  failed: null,
  note: null,
};
export const NO_PROGRESS: ProgressState = { output: NOTHING, told: NOTHING, mediaMs: null };

/** Longer than this without an end, a line is no line. */
const LINE_CHARS = 4096;
/** Of a chunk with more lines only the last ones say how far it is now; and a task that prints `yes` costs nothing. */
const LINES_READ = 500;
/** An ETA somebody gave is good for this long while counts come without one. */
const ETA_TRUST_MS = 60_000;

/**
 * Folds a chunk of output, in the order it was printed. Lines end at `\n` or `\r`. An empty chunk says that nothing came
 * for a while: a line without an end, such as a bar that waits for its next turn, is read as it stands.
 */
export function foldOutput(state: ProgressState, chunk: string, nowMs: number): ProgressState {
  const { lines, unfinished } = linesOf(state.output, chunk);
  let { output, mediaMs } = state;
  for (const line of lines) {
    mediaMs ??= mediaLengthMs(line);
    const media = mediaMs === null ? null : mediaCount(line, mediaMs);
    const reading = media === null ? readLine(line) : { count: media };
    if (reading !== null) output = learn({ ...output, phase: lastingPhase(output, reading) }, reading, nowMs);
  }
  return { ...state, mediaMs, output: { ...output, unfinished } };
}

/** Folds a chunk of the progress file (see told.ts). */
export function foldProgressFile(state: ProgressState, chunk: string, nowMs: number): ProgressState {
  const { lines, unfinished } = linesOf(state.told, chunk);
  let { told } = state;
  for (const line of lines) {
    const reading = line.length > LINE_CHARS ? null : readTold(line, told.count);
    if (reading !== null) told = learn(told, reading, nowMs);
  }
  return { ...state, told: { ...told, unfinished } };
}

/** After a gap in what was read of the output, the rest of a line does not belong to its beginning. */
export function forgetUnfinished(state: ProgressState): ProgressState {
  return { ...state, output: { ...state.output, unfinished: '' } };
}

/** What the task tells wins over what its output says. Null: neither said anything. */
export function progressOf({ output, told }: ProgressState, nowMs: number): Progress | null {
  const counted = told.count === null ? output : told;
  const progress = {
    done: counted.count?.done ?? null,
    total: counted.count?.total ?? null,
    pct: counted.count?.fraction == null ? null : Math.round(counted.count.fraction * 1000) / 10,
    phase: told.phase ?? output.phase,
    failed: told.failed ?? output.failed,
    eta_s: etaS(told.eta === null ? counted : told, nowMs),
    note: told.note ?? output.note,
  };
  if (Object.values(progress).every((value) => value === null)) return null;
  return { ...progress, source: told.count === null ? 'output' : 'reported' };
}

function linesOf({ unfinished }: Known, chunk: string): { lines: string[]; unfinished: string } {
  if (chunk === '') return { lines: unfinished === '' ? [] : [unfinished], unfinished };
  const lines = (unfinished + chunk).split(/[\r\n]+/);
  const rest = lines.pop() ?? '';
  return { lines: lines.slice(-LINES_READ), unfinished: rest.length > LINE_CHARS ? '' : rest };
}

function learn(known: Known, reading: Reading, nowMs: number): Known {
  const { count = known.count, phase = known.phase, failed = known.failed, note = known.note } = reading;
  return {
    ...known,
    count,
    pace: reading.count === undefined ? known.pace : paceOf(known, reading.count, nowMs),
    eta: newEta(known, reading, nowMs),
    phase,
    failed,
    note,
  };
}

function paceOf({ count: before, pace }: Known, { total, fraction }: Count, nowMs: number): Known['pace'] {
  if (fraction === null) return null;
  const goesOn = pace !== null && before?.total === total && (before.fraction ?? 0) <= fraction;
  // Lines that were read together are no measure of speed.
  return goesOn && pace.atMs !== nowMs ? pace : { atMs: nowMs, fraction };
}

function newEta({ eta }: Known, { count, etaMs }: Reading, nowMs: number): Known['eta'] {
  if (etaMs !== undefined) return etaMs === null ? null : { leftMs: etaMs, atMs: nowMs };
  return count !== undefined && eta !== null && nowMs - eta.atMs > ETA_TRUST_MS ? null : eta;
}

/** An epoch is told once and lasts for the bars that follow; what another line was busy with does not. */
function lastingPhase({ phase }: Known, { count }: Reading): string | null {
  return count === undefined || phase === null || /\bepoch\b/i.test(phase) ? phase : null;
}

/** What was told, less the time since; else, at the mean rate of the series, (1 - f) x (t - t0) / (f - f0). */
function etaS({ count, eta, pace }: Known, nowMs: number): number | null {
  if (eta !== null) return Math.max(0, Math.round((eta.leftMs - (nowMs - eta.atMs)) / 1000));
  const fraction = count?.fraction ?? null;
  if (fraction === null || pace === null) return null;
  if (fraction >= 1) return 0;
  const gained = fraction - pace.fraction;
  return gained <= 0 ? null : Math.round(((1 - fraction) * (nowMs - pace.atMs)) / gained / 1000);
}
