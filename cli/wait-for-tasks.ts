// Waits for tasks: prints events to stderr and one result a task to stdout, and returns an exit code.
import type { EventView } from '../src/api/schemas/events.ts';
import type { TaskView } from '../src/api/schemas/task.ts';
import { BabysitError, EXIT } from '../src/core/errors.ts';
import { type EventName, INBOX_EVENTS, WAIT_EVENTS } from '../src/core/events.ts';
import { escapeLine } from '../src/text/terminal.ts';
import { Aborted, followTask } from './client/follow.ts';
import { inboxScope, reportSeen, takeInbox } from './client/inbox.ts';
import { readLogTail, TAIL_LINES } from './client/log-tail.ts';
import type { Selected } from './client/select.ts';
import type { LineFound } from './client/watch-log.ts';
import type { Context } from './command.ts';
import { drawStatusLine } from './output/status-line.ts';
import { eventText, printEvent, printResult, printRisk, printSummary } from './output/task-output.ts';
import { ownExit } from './own-exit.ts';
import { endOrWake, type Wake } from './wake.ts';

export interface WaitOptions {
  /** Return after the first end instead of the last. */
  readonly any: boolean;
  /** Null means no limit. */
  readonly timeoutMs: number | null;
  /** `risk`: also return at the first warning. */
  readonly until?: 'end' | 'risk';
  /** A task that its own owner killed on request counts as success. */
  readonly killedOk?: boolean;
  /** Lines of the log with the end of a task that did not complete (default: 10). */
  readonly tail?: number | undefined;
  /** Return when this happens; null: at the end. A task that ends without it counts as failed. */
  readonly wake?: Wake | null;
  /** Also print progress. */
  readonly progress?: boolean;
  /** End with the code of the first task that did not complete, in place of 1. */
  readonly exitCode?: boolean;
  /** Print one line for all completed tasks, and of the events only the warnings. */
  readonly summary?: boolean;
  /** The owner whose inbox drops the printed events (default: the caller). */
  readonly owner?: string | undefined;
}

/** The longest delay of a timer, 24 days. */
const TIMER_MAX_MS = 2 ** 31 - 1;
const EXIT_SIGINT = 130;

export async function waitForTasks(
  context: Context,
  tasks: readonly Selected[],
  options: WaitOptions,
): Promise<number> {
  const { output, session, full } = context;
  const abort = new AbortController();
  // biome-ignore lint/plugin/no-wall-clock: compared with the times of events, which the daemon takes from the wall clock
  const sinceMs = Date.now();
  const live = new Set(tasks);
  const ends = new Map<string, number>();
  const shown = new Map<string, number>();
  const completed: TaskView[] = [];
  let worst: number = EXIT.ok;
  let timer: NodeJS.Timeout | undefined;
  const names = () => [...live].map(({ name }) => name);
  let onRisk: (exit: number) => void = () => {};
  const warned = new Promise<number>((resolve) => {
    onRisk = resolve;
  });
  const isNewRisk = options.until === 'risk' ? await newRisks(context, options.owner, sinceMs) : () => false;
  const statusLine = drawStatusLine(output, session, () => [...live]);

  async function follow(ref: Selected): Promise<void> {
    const task = await untilEnd(ref);
    live.delete(ref);
    if (task === null) return;
    // With --any a second task may end in the same turn of the event loop.
    if (abort.signal.aborted) throw new Aborted();
    const logTail = await readLogTail(session, task, options.tail ?? TAIL_LINES);
    if (abort.signal.aborted) throw new Aborted();
    statusLine.clear();
    if (options.summary && task.status === 'completed') completed.push(task);
    else printResult(output, task, full, logTail);
    shown.set(task.id, ends.get(task.id) ?? 0);
    const isSuccess = task.status === 'completed' || (options.killedOk && isKilledByOwner(task));
    if (isSuccess && !options.wake) return;
    if (worst === EXIT.ok) worst = options.exitCode ? ownExit(task) || EXIT.failed : EXIT.failed;
  }
  /** Returns null when `wake` came first. */
  function untilEnd(ref: Selected): Promise<TaskView | null> {
    const { wake, progress } = options;
    if (!wake) return followTask(session, ref, onEvent, abort.signal, { progress });
    const found = (what: EventView | LineFound): void => {
      statusLine.clear();
      output.result(what, () => (what.event === 'line' ? `${escapeLine(what.line)}\n` : eventText(what)));
      if (what.event !== 'line' && what.seq !== undefined) shown.set(what.id, what.seq);
    };
    return endOrWake(session, ref, wake, { found, onEvent, progress }, abort.signal);
  }
  function onEvent(event: EventView): void {
    const own = waitsForOwnRoom(event, context.env.BABYSIT_TASK_NAME);
    if (own !== null) output.notify(own, () => `babysit: ${own.hint}\n`);
    if (event.event === 'ended') ends.set(event.id, event.seq);
    if (!abort.signal.aborted && isPrinted(event, options) && !isOldAdjust(event, sinceMs)) {
      statusLine.clear();
      if (isNewRisk(event)) {
        printRisk(output, event);
        onRisk(EXIT.risk);
      } else printEvent(output, event);
      if (event.seq !== undefined) shown.set(event.id, event.seq);
    }
  }
  const interrupted = new Promise<number>((resolve) => {
    process.once('SIGINT', () => {
      statusLine.stop();
      const hint = `babysit wait ${names().join(' ')}`;
      output.notify({ event: 'wait_interrupted', live: names(), hint }, () => interruptText(names(), hint));
      resolve(EXIT_SIGINT);
    });
  });
  const timedOut = new Promise<never>((_, reject) => {
    if (options.timeoutMs === null) return;
    timer = setTimeout(() => reject(timeoutError(names())), Math.min(options.timeoutMs, TIMER_MAX_MS));
  });
  const all = tasks.map(follow);
  const done = (options.any ? Promise.race(all) : Promise.all(all)).then(() => worst);
  try {
    return await Promise.race([done, warned, interrupted, timedOut]);
  } finally {
    statusLine.stop();
    if (completed.length > 0) printSummary(output, completed);
    // The abort rejects the streams that still run.
    for (const ended of all) ended.catch(() => {});
    abort.abort();
    clearTimeout(timer);
    await reportSeen(session, inboxScope(context.env, options.owner), shown);
  }
}

/**
 * A stream begins with the earlier events of the task: a warning among them counts only if this owner has not seen it. So
 * a second wait does not return at the warning that ended the first one.
 */
async function newRisks(
  { session, env }: Context,
  owner: string | undefined,
  sinceMs: number,
): Promise<(event: EventView) => boolean> {
  const scope = inboxScope(env, owner);
  const inbox = await takeInbox(session, scope, { others: true, peek: true, limit: INBOX_LIMIT });
  const unseen = new Set(inbox.events.map(({ seq }) => seq));
  return ({ event, seq, at }) => RISKS.has(event) && (unseen.has(seq) || Date.parse(at) >= sinceMs);
}
const INBOX_LIMIT = 10_000;
const RISKS: ReadonlySet<string> = new Set(['runaway_risk', 'stall_risk', 'held']);

function isKilledByOwner({ kill_reason, kill_detail, owner, project }: TaskView): boolean {
  return kill_reason === 'manual' && kill_detail?.killed_by === (owner ?? project);
}

/** A stream begins with the earlier events of a task; a change of its estimates from before the wait is no news. */
function isOldAdjust({ event, at }: EventView, sinceMs: number): boolean {
  return event === 'adjusted' && Date.parse(at) < sinceMs;
}

function isPrinted({ event, seq }: EventView, { summary }: WaitOptions): boolean {
  if (seq === undefined) return event !== 'waiting' || !summary;
  return WAIT_EVENTS.has(event as EventName) && (!summary || INBOX_EVENTS.has(event as EventName));
}

/** A task of its own that was submitted inside a task may wait for the room of that one, which waits for it here. */
function waitsForOwnRoom({ event, name, blocked_by: blockers }: EventView, self: string | undefined) {
  if (event !== 'waiting' || self === undefined || !Array.isArray(blockers)) return null;
  if (!blockers.includes(self)) return null;
  const hint = `${name} waits for the room of ${self}, inside which this command waits: babysit kill ${name}, then submit it with run --wait, which takes the room of ${self}`;
  return { event: 'waits_for_own_room', name, hint };
}

function timeoutError(live: string[]): BabysitError {
  const still = live.length === 1 ? `${live[0]} has` : `${live.length} tasks have`;
  return new BabysitError('wait_timeout', `--timeout reached: ${still} not ended`, {
    live,
    hint: `babysit wait ${live.join(' ')}`,
  });
}

function interruptText(live: string[], hint: string): string {
  return `\nbabysit: stopped waiting; not ended: ${live.join(', ')}\n  hint: ${hint}, or babysit kill ${live.join(' ')}\n`;
}
