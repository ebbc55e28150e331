// Redraws one status line while `wait` runs on a terminal: use against the estimate, progress, last output. The daemon pushes
// what it shows.
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { escapeField, escapeLine } from '../../src/text/terminal.ts';
import { cutMiddle, cutText } from '../../src/text/width.ts';
import type { Frame } from '../client/frames.ts';
import { followFrames, taskIn } from '../client/live.ts';
import type { Session } from '../client/session.ts';
import type { Ref } from '../input/refs.ts';
import { waitsText } from './hold-text.ts';
import { humanCores, humanDuration, humanProgress, humanSize } from './human.ts';
import { localTime } from './local-time.ts';
import type { Output } from './output.ts';
import { bar } from './style.ts';

const AFTER_MS = 1000;
const BAR_WIDTH = 12;
const DEFAULT_COLUMNS = 80;
/** A long name gets a third of the line, and at least this many columns. */
const NAME_LEAST = 16;
const CLEAR = '\r\x1b[K';

export interface StatusLine {
  /** Call before other output. The next redraw shows the line again. */
  clear(): void;
  stop(): void;
}

const NONE: StatusLine = { clear() {}, stop() {} };

/** `live` returns the tasks that still run. Draws nothing unless stderr is a terminal that can redraw a line. */
export function drawStatusLine(output: Output, session: Session, live: () => readonly Ref[]): StatusLine {
  if (output.jsonMessages || session.env.TERM === 'dumb') return NONE;
  const abort = new AbortController();
  let isDrawn = false;
  const clear = (): void => {
    if (isDrawn) output.message(CLEAR);
    isDrawn = false;
  };
  const draw = (frame: Frame): void => {
    const [ref, ...more] = live();
    const task = ref === undefined ? undefined : taskIn(frame, ref);
    if (abort.signal.aborted || task === undefined || task.ended_at !== null) return;
    const columns = columnsOf(session.env) - 1;
    output.message(`${CLEAR}${cutText(lineOf(task, more.length, columns), columns)}`);
    isDrawn = true;
  };
  // A short wait draws nothing, and a line that cannot be drawn is no reason to stop waiting.
  const quiet = { ...session, autostart: false };
  const timer = setTimeout(
    () => void followFrames(quiet, { frame: draw }, abort.signal).catch(() => {}),
    AFTER_MS,
  );
  return {
    clear,
    stop() {
      abort.abort();
      clearTimeout(timer);
      clear();
    },
  };
}

/** A wrapped line cannot be redrawn. COLUMNS serves terminals that do not report their width, such as serial lines. */
export function columnsOf(env: NodeJS.ProcessEnv): number {
  return process.stderr.columns || Number(env.COLUMNS) || DEFAULT_COLUMNS;
}

function lineOf(task: LiveTask, more: number, columns: number): string {
  const last = escapeField(escapeLine(task.last_line ?? ''));
  const parts = [statusText(task, columns), last, more > 0 ? `(and ${more} more)` : ''];
  return parts.filter((part) => part !== '').join('  ');
}

/** `build  1m5s/10m [#-----------]  350M/2G  0.9/2 cores  3/42 7% eta 14m`; for a pending task, the reason. */
function statusText(task: LiveTask, columns: number): string {
  const name = cutMiddle(escapeField(task.name), Math.max(NAME_LEAST, Math.floor(columns / 3)));
  if (task.status === 'pending') {
    const { waiting } = task;
    if (waiting === null) return `${name}  starts`;
    const start = waiting.expected_start === null ? '' : `, about ${localTime(waiting.expected_start)}`;
    return `${name}  ${waitsText(waiting)}${start}`;
  }
  const elapsed = task.elapsed_ms ?? 0;
  const parts = [
    name,
    `${humanDuration(elapsed)}/${humanDuration(task.estimated_time_ms)} [${bar(elapsed / task.estimated_time_ms, BAR_WIDTH)}]`,
    task.mem_bytes === null ? '' : `${humanSize(task.mem_bytes)}/${humanSize(task.estimated_mem_bytes)}`,
    task.cpu_cores === null
      ? ''
      : `${humanCores(task.cpu_cores)}/${humanCores(task.estimated_cpu_cores)} cores`,
    task.progress === null ? '' : escapeField(humanProgress(task.progress)),
    restraint(task),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

function restraint({ status, held_at, throttled_at }: LiveTask): string {
  if (status === 'paused') return 'paused';
  if (held_at !== null) return 'held';
  return throttled_at === null ? '' : 'throttled';
}
