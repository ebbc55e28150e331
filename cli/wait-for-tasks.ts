// Waits for tasks: prints events to stderr and one result a task to stdout, and returns an exit code.
import type { EventView } from '../src/api/schemas/events/events.ts';
import type { TaskView } from '../src/api/schemas/task.ts';
import { BabysitError, EXIT } from '../src/core/errors.ts';
import { type EventName, WAIT_EVENTS } from '../src/core/events.ts';
import { shellWords } from '../src/text/shell.ts';
import { escapeLine } from '../src/text/terminal.ts';
import { Aborted, followTask } from './client/follow.ts';
import { inboxScope, reportSeen, takeInbox } from './client/inbox.ts';
import { readLogTail, TAIL_LINES } from './client/log/log-tail.ts';
import type { LineFound } from './client/log/watch-log.ts';
import type { Selected } from './client/select.ts';
import type { Context } from './command.ts';
import { heeded } from './input/ignored-signals.ts';
import { drawStatusLine } from './output/status-line.ts';
import { eventText, printEvent, printResult, printRisk } from './output/task-output.ts';
import { printAlike, printWaitingGroup, waitingGroup } from './output/wait-summary.ts';
import { ownExit } from './own-exit.ts';
import { endOrWake, missingText, type Wake, wakeFlag } from './wake.ts';

export interface WaitOptions {
  /** Return after the first end instead of the last. */
  readonly any: boolean;
  /** Null means no limit. */
  readonly timeoutMs: number | null;
  /** `risk`: also return at the first warning. */
  readonly until?: 'end' | 'risk';
  /** A task that its own owner killed on request, or that ended with the task of its --while, counts as success. */
  readonly killedOk?: boolean;
  /** Lines of the log with the end of a task that did not complete (default: 10). */
  readonly tail?: number | undefined;
  /** Return when this happens; null: at the end. A task that ends without it counts as failed. */
  readonly wake?: Wake | null;
  /** Also print progress. */
  readonly progress?: boolean;
  /** End with the code of the first task that did not complete, in place of 1. */
  readonly exitCode?: boolean;
  /** Print one line for all completed tasks, one for those that wait, and of the events only the first warning of each kind. */
  readonly summary?: boolean;
  /** What selects the tasks again, as words of a command (default: the names of those that have not ended). */
  readonly again?: readonly string[];
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
  const alike: TaskView[] = [];
  const counts: Record<string, number> = {};
  const warned = new Set<string>();
  let worst: number = EXIT.ok;
  let timer: NodeJS.Timeout | undefined;
  const names = () => [...live].map(({ name }) => name);
  let onRisk: (exit: number) => void = () => {};
  const risk = new Promise<number>((resolve) => {
    onRisk = resolve;
  });
  const isNewRisk = options.until === 'risk' ? await newRisks(context, options.owner, sinceMs) : () => false;
  const statusLine = drawStatusLine(output, session, () => [...live]);
  const group = waitingGroup((first, count) => {
    statusLine.clear();
    printWaitingGroup(output, first, count);
  });

  async function follow(ref: Selected): Promise<void> {
    const task = await untilEnd(ref);
    live.delete(ref);
    if (task === null) return;
    // With --any a second task may end in the same turn of the event loop.
    if (abort.signal.aborted) throw new Aborted();
    const logTail = await readLogTail(session, task, options.tail ?? TAIL_LINES);
    if (abort.signal.aborted) throw new Aborted();
    statusLine.clear();
    counts[task.status] = (counts[task.status] ?? 0) + 1;
    if (options.summary && isFolded(task)) alike.push(task);
    else printResult(output, task, full, logTail);
    shown.set(task.id, ends.get(task.id) ?? 0);
    const isSuccess = isWanted(task) || (options.killedOk && (isKilledByOwner(task) || isCompanion(task)));
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
    if (options.summary && !abort.signal.aborted) group.take(event);
    if (!abort.signal.aborted && isPrinted(event, options, warned) && !isOldAdjust(event, sinceMs)) {
      statusLine.clear();
      if (isNewRisk(event)) {
        printRisk(output, event);
        onRisk(EXIT.risk);
      } else printEvent(output, event);
      if (event.seq !== undefined) shown.set(event.id, event.seq);
    }
  }
  const interrupted = new Promise<number>((resolve) => {
    for (const name of heeded(['SIGINT'], context.env))
      process.once(name, () => {
        statusLine.stop();
        const hint = nextWait(names(), options);
        output.notify({ event: 'wait_interrupted', ...liveOf(names()), hint }, () =>
          interruptText(names(), hint, options.again),
        );
        resolve(EXIT_SIGINT);
      });
  });
  const timedOut = new Promise<never>((_, reject) => {
    if (options.timeoutMs === null) return;
    timer = setTimeout(
      () => reject(timeoutError(names(), counts, options)),
      Math.min(options.timeoutMs, TIMER_MAX_MS),
    );
  });
  const all = tasks.map(follow);
  const done = (options.any ? Promise.race(all) : Promise.all(all)).then(() => worst);
  try {
    return await Promise.race([done, risk, interrupted, timedOut]);
  } finally {
    statusLine.stop();
    group.stop();
    printAlike(output, alike, full);
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

/** Ends that a summary folds: they give no reason to act. */
function isFolded({ status, kill_reason }: TaskView): boolean {
  return status === 'completed' || kill_reason === 'manual';
}

/** A server that stopped in its grace because its work had ended did what --while asks for. */
function isWanted(task: TaskView): boolean {
  return task.status === 'completed' || (isCompanion(task) && task.stopped_gracefully === true);
}

function isCompanion({ kill_reason }: TaskView): boolean {
  return kill_reason === 'while_ended';
}

function isKilledByOwner({ kill_reason, kill_detail, owner, project }: TaskView): boolean {
  return kill_reason === 'manual' && kill_detail?.killed_by === (owner ?? project);
}

/** A stream begins with the earlier events of a task; a change of its estimates from before the wait is no news. */
function isOldAdjust({ event, at }: EventView, sinceMs: number): boolean {
  return event === 'adjusted' && Date.parse(at) < sinceMs;
}

/** A summary has the first warning of each kind; a kill is in the result. `warned` holds the kinds it has shown. */
function isPrinted({ event, seq, dim }: EventView, { summary }: WaitOptions, warned: Set<string>): boolean {
  if (!summary) return seq === undefined || WAIT_EVENTS.has(event as EventName);
  const kind = `${event} ${dim}`;
  if (!RISKS.has(event) || warned.has(kind)) return event === 'daemon_stopping';
  warned.add(kind);
  return true;
}

/** A task of its own that was submitted inside a task may wait for the room of that one, which waits for it here. */
function waitsForOwnRoom({ event, name, blocked_by: blockers }: EventView, self: string | undefined) {
  if (event !== 'waiting' || self === undefined || !Array.isArray(blockers)) return null;
  if (!blockers.includes(self)) return null;
  const hint = `${name} waits for the room of ${self}, inside which this command waits: babysit kill ${name}, then submit it with run --wait, which takes the room of ${self}`;
  return { event: 'waits_for_own_room', name, hint };
}

const NAMES_SHOWN = 10;

function timeoutError(
  live: readonly string[],
  counts: Readonly<Record<string, number>>,
  options: WaitOptions,
): BabysitError {
  const missing = options.wake ? missingText(options.wake) : 'ended';
  const still = live.length === 1 ? `${live[0]} has` : `${live.length} tasks have`;
  const ended = Object.entries(counts).map(([status, count]) => `${count} ${status}, `);
  return new BabysitError('wait_timeout', `--timeout reached: ${ended.join('')}${still} not ${missing}`, {
    ...(ended.length === 0 ? {} : { ended: counts }),
    ...liveOf(live),
    hint: nextWait(live, options),
  });
}

function liveOf(live: readonly string[]): object {
  return {
    live: live.slice(0, NAMES_SHOWN),
    ...(live.length > NAMES_SHOWN
      ? { live_count: live.length, live_left_out: live.length - NAMES_SHOWN }
      : {}),
  };
}

/** The same wait for what has not ended. */
function nextWait(live: readonly string[], { again, any, until, summary, wake }: WaitOptions): string {
  const words = [
    ...(again ?? live),
    ...(any ? ['--any'] : []),
    ...(until === 'risk' ? ['--until=risk'] : []),
    ...(summary ? ['--summary'] : []),
    ...(wake ? [wakeFlag(wake)] : []),
  ];
  return `babysit wait ${shellWords(words)}`;
}

function interruptText(live: readonly string[], hint: string, again: readonly string[] = live): string {
  const more = live.length > NAMES_SHOWN ? `, … (${live.length})` : '';
  const names = live.slice(0, NAMES_SHOWN).join(', ');
  return `\nbabysit: stopped waiting; not ended: ${names}${more}\n  hint: ${hint}, or babysit kill ${shellWords(again)}\n`;
}
