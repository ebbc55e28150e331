// Redraws one status line while `wait` runs on a terminal: use against the estimate, progress, last output.
import type { TaskView } from '../../src/api/schemas/task.ts';
import { escapeField, escapeLine } from '../../src/text/terminal.ts';
import { call, readText, type Session } from '../client/session.ts';
import { type Ref, taskPath } from '../input/refs.ts';
import { waitsText } from './hold-text.ts';
import { humanCores, humanDuration, humanProgress, humanSize } from './human.ts';
import type { Output } from './output.ts';

const DRAW_MS = 1000;
const BAR_WIDTH = 12;
const DEFAULT_COLUMNS = 80;
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
  let isDrawn = false;
  let isStopped = false;
  const clear = (): void => {
    if (isDrawn) output.message(CLEAR);
    isDrawn = false;
  };
  const draw = async (): Promise<void> => {
    const [ref, ...more] = live();
    const text = ref === undefined ? null : await lineOf(session, ref, more.length);
    if (isStopped || text === null) return;
    output.message(`${CLEAR}${[...text].slice(0, columnsOf(session.env) - 1).join('')}`);
    isDrawn = true;
  };
  const timer = setInterval(() => void draw(), DRAW_MS);
  return {
    clear,
    stop() {
      isStopped = true;
      clearInterval(timer);
      clear();
    },
  };
}

/** A wrapped line cannot be redrawn. COLUMNS serves terminals that do not report their width, such as serial lines. */
function columnsOf(env: NodeJS.ProcessEnv): number {
  return process.stderr.columns || Number(env.COLUMNS) || DEFAULT_COLUMNS;
}

/** Returns null when the daemon does not answer, as during a restart. */
async function lineOf(session: Session, ref: Ref, more: number): Promise<string | null> {
  try {
    const quiet = { ...session, autostart: false };
    const task = await call<TaskView>(quiet, 'GET', taskPath(ref));
    const parts = [statusText(task), task.started_at === null ? '' : await lastLine(quiet, ref)];
    if (more > 0) parts.push(`(and ${more} more)`);
    return parts.filter((part) => part !== '').join('  ');
  } catch {
    return null;
  }
}

/** `build  1m5s/10m [#-----------]  350M/2G  0.9/2 cores  3/42 7% eta 14m`; for a pending task, the reason. */
function statusText(task: TaskView): string {
  const name = escapeField(task.name);
  if (task.status === 'pending') {
    const { waiting } = task;
    if (waiting === null) return `${name}  starts`;
    const start =
      waiting.expected_start === null ? '' : `, about ${waiting.expected_start.slice(11, 19)} UTC`;
    return `${name}  ${waitsText(waiting)}${start}`;
  }
  const elapsed = task.elapsed_ms ?? 0;
  const share = Math.min(1, elapsed / task.estimated_time_ms);
  const done = Math.round(share * BAR_WIDTH);
  const parts = [
    name,
    `${humanDuration(elapsed)}/${humanDuration(task.estimated_time_ms)} [${'#'.repeat(done)}${'-'.repeat(BAR_WIDTH - done)}]`,
    task.mem_bytes === null ? '' : `${humanSize(task.mem_bytes)}/${humanSize(task.estimated_mem_bytes)}`,
    task.cpu_cores === null
      ? ''
      : `${humanCores(task.cpu_cores)}/${humanCores(task.estimated_cpu_cores)} cores`,
    task.progress === null ? '' : escapeField(humanProgress(task.progress)),
    restraint(task),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

function restraint({ status, held_at, throttled_at }: TaskView): string {
  if (status === 'paused') return 'paused';
  if (held_at !== null) return 'held';
  return throttled_at === null ? '' : 'throttled';
}

async function lastLine(session: Session, ref: Ref): Promise<string> {
  const text = await readText(session, taskPath(ref, '/log?tail=1&max_bytes=400'));
  return escapeField(escapeLine(text.trimEnd()));
}
