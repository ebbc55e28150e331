// Waits for tasks as `wait` and `run --wait` promise: events on stderr, one result per task on stdout, an exit code.
import type { EventView } from '../src/api/schemas/events.ts';
import type { TaskView } from '../src/api/schemas/task.ts';
import { BabysitError, EXIT } from '../src/core/errors.ts';
import { WAIT_EVENTS } from '../src/core/events.ts';
import { Aborted, followTask } from './client/follow.ts';
import { reportSeen, whoseInbox } from './client/inbox.ts';
import type { Context } from './command.ts';
import { drawStatusLine } from './output/status-line.ts';
import { printEvent, printResult } from './output/wait-output.ts';

export interface WaitOptions {
  /** Until the first has ended instead of all. */
  readonly any: boolean;
  /** Null: without limit. */
  readonly timeoutMs: number | null;
  /** Tell progress, too. */
  readonly progress?: boolean;
  /** InboxScope inbox need not show again what is shown here; without it that of the caller. */
  readonly owner?: string | undefined;
}

/** What a timer can hold; 24 days. */
const TIMER_MAX_MS = 2 ** 31 - 1;
const EXIT_SIGINT = 130;

export async function waitForTasks(
  context: Context,
  refs: readonly string[],
  options: WaitOptions,
): Promise<number> {
  const { output, session, full } = context;
  const abort = new AbortController();
  const live = new Set(refs);
  const ends = new Map<string, number>();
  const shown = new Map<string, number>();
  let worst: number = EXIT.ok;
  let sleeper: NodeJS.Timeout | undefined;
  const statusLine = drawStatusLine(output, session, () => [...live]);

  async function one(ref: string): Promise<TaskView> {
    const task = await followTask(session, ref, onEvent, abort.signal, { progress: options.progress });
    live.delete(ref);
    // With --any a second one may end in the same turn.
    if (abort.signal.aborted) throw new Aborted();
    statusLine.clear();
    printResult(output, task, full);
    shown.set(task.id, ends.get(task.id) ?? 0);
    if (task.status !== 'completed') worst = EXIT.failed;
    return task;
  }
  function onEvent(event: EventView): void {
    if (event.event === 'ended') ends.set(event.id, event.seq);
    if (!abort.signal.aborted && isTold(event.event)) {
      statusLine.clear();
      printEvent(output, event);
      if (event.event !== 'daemon_stopping' && event.event !== 'progress') shown.set(event.id, event.seq);
    }
  }
  const interrupted = new Promise<number>((resolve) => {
    process.once('SIGINT', () => {
      statusLine.stop();
      output.talk(interruptWords(output.talkJson, [...live]));
      resolve(EXIT_SIGINT);
    });
  });
  const timedOut = new Promise<never>((_, reject) => {
    if (options.timeoutMs === null) return;
    sleeper = setTimeout(() => reject(timeoutError([...live])), Math.min(options.timeoutMs, TIMER_MAX_MS));
  });
  const all = refs.map(one);
  const done = (options.any ? Promise.race(all) : Promise.all(all)).then(() => worst);
  try {
    return await Promise.race([done, interrupted, timedOut]);
  } finally {
    statusLine.stop();
    // What is still followed ends here; its rejection has nobody left to hear it.
    for (const follow of all) follow.catch(() => {});
    abort.abort();
    clearTimeout(sleeper);
    await reportSeen(session, whoseInbox(context.env, options.owner), shown);
  }
}

function isTold(event: EventView['event']): boolean {
  return event === 'daemon_stopping' || event === 'progress' || WAIT_EVENTS.has(event);
}

function timeoutError(live: string[]): BabysitError {
  const goes = live.length === 1 ? `${live[0]} goes on` : `${live.length} tasks go on`;
  return new BabysitError('wait_timeout', `the time given with --timeout is over; ${goes}`, {
    live,
    hint: `babysit wait ${live.join(' ')}`,
  });
}

function interruptWords(json: boolean, live: string[]): string {
  const hint = `babysit wait ${live.join(' ')}`;
  if (json) return `${JSON.stringify({ event: 'wait_interrupted', live, hint })}\n`;
  return `\nbabysit: stopped waiting; still there: ${live.join(', ')}\n  hint: ${hint}, or babysit kill ${live.join(' ')}\n`;
}
