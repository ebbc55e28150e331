// The progress of a task, from its output and its progress file. Pure: a new state for each chunk; bounded in size.
import type { Progress } from '../core/progress.ts';
import { cutLines } from '../text/split.ts';
import { durationAt } from './duration.ts';
import { readProgressLine } from './progress-file.ts';
import { readLine } from './read-line.ts';
import { type Count, countOf, type Reading } from './reading.ts';
import { follow, NO_TREND, type TimeLeft, type Trend, timeLeftOf } from './trend.ts';

export interface ProgressState {
  readonly output: SourceState;
  /** From the progress file. */
  readonly reported: SourceState;
  /** The length of ffmpeg's input; null before ffmpeg prints it. */
  readonly mediaMs: number | null;
}

/** The progress from one source. Times are in ms of the caller's clock. */
interface SourceState {
  /** The last line, without its end. */
  readonly unfinished: string;
  readonly count: Count | null;
  /** The start of the current series of counts: same total, never falling. */
  readonly pace: { readonly atMs: number; readonly fraction: number } | null;
  readonly trend: Trend;
  readonly eta: { readonly leftMs: number; readonly atMs: number } | null;
  readonly phase: string | null;
  readonly failed: number | null;
  readonly note: string | null;
  /** How many readings differed from the one before. A hung program may print the same count again and again. */
  readonly advances: number;
}

const NOTHING: SourceState = {
  unfinished: '',
  count: null,
  pace: null,
  trend: NO_TREND,
  eta: null,
  phase: null,
  failed: null,
  note: null,
  advances: 0,
};
export const NO_PROGRESS: ProgressState = { output: NOTHING, reported: NOTHING, mediaMs: null };

/** A longer line is dropped, so that the state stays small. */
const LINE_CHARS = 4096;
/** Only the last lines of a chunk are read: they are the current ones, and a flood of output stays cheap. */
const LINES_READ = 500;
/** An ETA stays valid for this long while counts come without one. */
const ETA_TRUST_MS = 60_000;

/**
 * Folds a chunk of output into the state. Lines end at `\n` or `\r`. An empty chunk means that no output came for a
 * while: the unfinished line, such as a drawn bar, is then read as it is.
 */
export function foldOutput(state: ProgressState, chunk: string, nowMs: number): ProgressState {
  const { lines, unfinished } = linesOf(state.output, chunk);
  let { output, mediaMs } = state;
  for (const line of lines) {
    mediaMs ??= mediaLengthMs(line);
    const media = mediaMs === null ? null : mediaCount(line, mediaMs);
    const reading = media === null ? readLine(line) : { count: media };
    if (reading !== null)
      output = applyReading({ ...output, phase: lastingPhase(output, reading) }, reading, nowMs);
  }
  return { ...state, mediaMs, output: { ...output, unfinished } };
}

/** Folds a chunk of the progress file (see progress-file.ts) into the state. */
export function foldProgressFile(state: ProgressState, chunk: string, nowMs: number): ProgressState {
  const { lines, unfinished } = linesOf(state.reported, chunk);
  let { reported } = state;
  for (const line of lines) {
    const reading = line.length > LINE_CHARS ? null : readProgressLine(line, reported.count);
    if (reading !== null) reported = applyReading(reported, reading, nowMs);
  }
  return { ...state, reported: { ...reported, unfinished } };
}

/** After a gap in the output read: the next text does not continue the unfinished line. */
export function dropUnfinished(state: ProgressState): ProgressState {
  return { ...state, output: { ...state.output, unfinished: '' } };
}

/** The progress file wins over the output. Returns null when neither has reported anything. */
export function progressOf({ output, reported }: ProgressState, nowMs: number): Progress | null {
  const counted = reported.count === null ? output : reported;
  const progress = {
    done: counted.count?.done ?? null,
    total: counted.count?.total ?? null,
    pct: counted.count?.fraction == null ? null : Math.round(counted.count.fraction * 1000) / 10,
    phase: reported.phase ?? output.phase,
    failed: reported.failed ?? output.failed,
    eta_s: etaS(reported.eta === null ? counted : reported, nowMs),
    note: reported.note ?? output.note,
  };
  if (Object.values(progress).every((value) => value === null)) return null;
  return { ...progress, source: reported.count === null ? 'output' : 'reported' };
}

/**
 * The time until the task ends, by what it reports itself, else by its counts; null when neither can be trusted. A printed
 * ETA is not used: most programs print that of the current step.
 */
export function timeLeft({ output, reported }: ProgressState, nowMs: number): TimeLeft | null {
  const counted = reported.count === null ? output : reported;
  const byTrend = timeLeftOf(counted.trend, nowMs);
  if (reported.eta === null) return byTrend;
  const p50Ms = reported.eta.leftMs - (nowMs - reported.eta.atMs);
  if (p50Ms <= 0) return null;
  return { p50Ms, p90Ms: byTrend?.p90Ms == null ? null : Math.max(p50Ms, byTrend.p90Ms) };
}

function linesOf({ unfinished }: SourceState, chunk: string): { lines: string[]; unfinished: string } {
  if (chunk === '') return { lines: unfinished === '' ? [] : [unfinished], unfinished };
  const { lines, rest } = cutLines(unfinished + chunk, /[\r\n]+/);
  return { lines: lines.slice(-LINES_READ), unfinished: rest.length > LINE_CHARS ? '' : rest };
}

function applyReading(before: SourceState, reading: Reading, nowMs: number): SourceState {
  const { count = before.count, phase = before.phase, failed = before.failed, note = before.note } = reading;
  const pace = reading.count === undefined ? before.pace : paceOf(before, reading.count, nowMs);
  // An epoch is printed once, before the bars that count within it.
  const trend = follow(before.trend, { ...reading, phase }, nowMs);
  const advances = before.advances + (isNews(before, reading) ? 1 : 0);
  return {
    ...before,
    count,
    pace,
    trend,
    eta: newEta(before, reading, nowMs),
    phase,
    failed,
    note,
    advances,
  };
}

function isNews(before: SourceState, { count, etaMs, ...others }: Reading): boolean {
  const { done, total, fraction } = before.count ?? {};
  if (count && (count.done !== done || count.total !== total || count.fraction !== fraction)) return true;
  if (etaMs !== undefined && etaMs !== before.eta?.leftMs) return true;
  const keys = ['phase', 'failed', 'note'] as const;
  return keys.some((key) => others[key] !== undefined && others[key] !== before[key]);
}

/** Rises with each line of output that reports other progress than the one before it. */
export function advancesOf({ output }: ProgressState): number {
  return output.advances;
}

function paceOf(
  { count: before, pace }: SourceState,
  { total, fraction }: Count,
  nowMs: number,
): SourceState['pace'] {
  if (fraction === null) return null;
  const continues = pace !== null && before?.total === total && (before.fraction ?? 0) <= fraction;
  // Lines read at the same time give no speed.
  return continues && pace.atMs !== nowMs ? pace : { atMs: nowMs, fraction };
}

function newEta({ eta }: SourceState, { count, etaMs }: Reading, nowMs: number): SourceState['eta'] {
  if (etaMs !== undefined) return etaMs === null ? null : { leftMs: etaMs, atMs: nowMs };
  return count !== undefined && eta !== null && nowMs - eta.atMs > ETA_TRUST_MS ? null : eta;
}

/** An epoch is printed once and lasts for the bars after it; any other phase ends with the next count. */
function lastingPhase({ phase }: SourceState, { count }: Reading): string | null {
  return count === undefined || phase === null || /\bepoch\b/i.test(phase) ? phase : null;
}

/** The printed ETA less the time since; else, at the mean rate of the series, (1 - f) x (t - t0) / (f - f0). */
function etaS({ count, eta, pace }: SourceState, nowMs: number): number | null {
  if (eta !== null) return Math.max(0, Math.round((eta.leftMs - (nowMs - eta.atMs)) / 1000));
  const fraction = count?.fraction ?? null;
  if (fraction === null || pace === null) return null;
  if (fraction >= 1) return 0;
  const gained = fraction - pace.fraction;
  return gained <= 0 ? null : Math.round(((1 - fraction) * (nowMs - pace.atMs)) / gained / 1000);
}

/** ffmpeg prints the length of its input once: `Duration: 00:10:00.00, start: …`. */
function mediaLengthMs(line: string): number | null {
  const found = /^\s*Duration: (\d+:\d\d:\d\d)\.\d+, (?:start|bitrate)/.exec(line);
  return found === null ? null : durationAt(found[1] ?? '');
}

/** And its position in each line: `frame=  123 fps= 25 … time=00:00:04.92 bitrate=1705.1kbits/s speed=1.01x`. */
function mediaCount(line: string, lengthMs: number): Count | null {
  const found = /\btime=(\d+:\d\d:\d\d)\.\d+ bitrate=/.exec(line);
  const atMs = found === null ? null : durationAt(found[1] ?? '');
  return atMs === null || lengthMs === 0 ? null : countOf(null, null, atMs / lengthMs);
}
