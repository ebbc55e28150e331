// Passes the streams and signals of this command to a task, and ends as its command does.

import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { BabysitError, EXIT } from '../../src/core/errors.ts';
import type { End } from '../../src/relay/frames.ts';
import { call } from '../client/session.ts';
import type { Context } from '../command.ts';
import { heeded } from '../input/ignored-signals.ts';
import { type Attached, attach } from './attached.ts';
import type { EarlyEnd } from './early-end.ts';
import { endAs } from './end-as.ts';
import { Job } from './job.ts';
import type { Receipt } from './receipt.ts';
import { terminalWatch } from './terminal.ts';

export interface PassThrough {
  readonly task: string;
  readonly name: string;
  readonly attempt: number;
  readonly tie: boolean;
  readonly quiet: boolean;
  readonly withStdin: boolean;
  /** The task has a terminal of its own. */
  readonly hasTerminal: boolean;
  readonly receipt: Receipt | null;
  /** What a signal before the start does. */
  readonly early: EarlyEnd;
}

const FORWARDED = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTSTP',
  'SIGCONT',
] as const;
type Forwarded = (typeof FORWARDED)[number];
const STREAMS = ['standard input', 'standard output', 'standard error'];
const STDERR = 2;
/** A start that takes longer is explained. */
const EXPLAIN_AFTER_MS = 1000;
/** How often a queued task is looked for while the daemon does not answer. */
const RECHECK_MS = 500;
/** How long the output is waited for when the daemon has reported the end of the task first. */
const OUTPUT_MS = 10_000;
/** How long the reason of a kill is waited for after the command has ended. */
const REASON_MS = 2000;
/** How long the end is waited for when a receipt needs it. */
const RECEIPT_MS = 30_000;

export async function passThrough(context: Context, options: PassThrough): Promise<number> {
  const { session } = context;
  const note = (text: string): void => {
    if (!options.quiet) context.output.message(`babysit: ${text}\n`);
  };
  let isStarted = false;
  let isIncomplete = false;
  let failure: unknown = null;
  const stopWaiting = new AbortController();
  const attached = attach({
    socketPath: session.home.relaySocket,
    task: options.task,
    name: options.name,
    attempt: options.attempt,
    tie: options.tie,
    withStdin: options.withStdin,
    hasTerminal: options.hasTerminal,
    onReady: () => {
      isStarted = true;
      clearTimeout(explaining);
      stopWaiting.abort();
    },
    onStopped: () => job.stop(),
    onFailed: (fd, { message }) => {
      isIncomplete ||= fd !== STDERR;
      context.output.message(`babysit: cannot ${fd === 0 ? 'read' : 'write'} ${STREAMS[fd]}: ${message}\n`);
    },
    onGap: (bytes) => note(`${bytes} bytes of output are missing here: see babysit log ${options.name}`),
  });
  let isHungUp = false;
  const hangUp = (): void => {
    isHungUp = true;
    attached.detach();
  };
  const job = new Job(attached, (signal) => forward(signal));
  const forward = forwarder(options.early, attached, () => isStarted, hangUp, job);
  const forwarded = heeded(FORWARDED, context.env);
  for (const signal of forwarded) process.on(signal, forward);
  options.early.release();
  /** What the daemon has reported of a task whose output has not arrived. */
  let reported: TaskView | null = null;
  const detachUnlessStarted = (task: TaskView) => {
    if (isStarted) return;
    reported = task;
    const { started_at, name } = task;
    if (started_at !== null) {
      isIncomplete = true;
      context.output.message(`babysit: the output of ${name} has not arrived: babysit attach ${name}\n`);
    }
    attached.detach();
  };
  const explaining = setTimeout(() => {
    watchQueue(context, options, note, attached.expect, stopWaiting.signal).then(
      (ended) => {
        if (ended === null) return;
        // The output of a command that has run may still be on its way from the relay.
        setTimeout(detachUnlessStarted, ended.started_at === null ? 0 : OUTPUT_MS, ended).unref();
      },
      (error) => {
        failure = error;
        attached.detach();
      },
    );
  }, EXPLAIN_AFTER_MS);
  const end = await attached.end;
  clearTimeout(explaining);
  stopWaiting.abort();
  if (options.early.ending !== null) return options.early.ending;
  for (const signal of forwarded) process.removeAllListeners(signal);
  if (isHungUp) return 128 + constants.signals.SIGHUP;
  if (failure !== null) {
    context.output.message(
      `babysit: ${options.name} is left without a client: babysit attach ${options.name}\n`,
    );
    throw failure;
  }
  if (end !== null && 'refused' in end) {
    const { refused, hint } = end;
    throw new BabysitError('not_attachable', refused, hint === undefined ? {} : { hint });
  }
  const task = end === null ? reported : await endedTask(context, options, end);
  if (task !== null) options.receipt?.keep(task);
  const own = end ?? { code: task?.exit_code ?? null, signal: task?.signal ?? null };
  const isKnown = own.code !== null || own.signal !== null;
  const unknown = end?.startFailed ?? 'there is no record of how it has ended';
  const reason = (task === null ? null : why(task)) ?? (isKnown ? null : `${options.name}: ${unknown}`);
  // The command has printed nothing that says so.
  if (reason !== null) context.output.message(`babysit: ${reason}\n`);
  if (end !== null && end.startFailed !== null) return EXIT.noOwnCode;
  // The command does not know of it.
  if (isIncomplete && own.code === 0) return EXIT.noOwnCode;
  return endAs(own);
}

/** Says once why the task waits. Returns the task when it ends before it starts. */
async function watchQueue(
  { session }: Context,
  { task, name }: PassThrough,
  note: (text: string) => void,
  onStarted: () => void,
  signal: AbortSignal,
): Promise<TaskView | null> {
  const { startText } = await import('../output/start-text.ts');
  const { Aborted, followTask } = await import('../client/follow.ts');
  const onEvent = ({ event }: EventView) => void (event === 'started' && onStarted());
  let isExplained = false;
  let isLost = false;
  while (!signal.aborted)
    try {
      const view = await call<TaskView>(session, 'GET', `/v1/tasks/${task}`);
      // biome-ignore lint/plugin/no-wall-clock: compared with a time of the daemon, which takes it from the wall clock
      if (view.status === 'pending' && !isExplained) note(`${view.name} ${startText(view, Date.now())}`);
      isExplained = true;
      return await followTask(session, task, onEvent, signal);
    } catch (error) {
      if (error instanceof Aborted) return null;
      if (!mayReturn(error)) throw error;
      if (!isLost) note(`${name} waits for the daemon: ${error.message}`);
      isLost = true;
      await delay(RECHECK_MS);
    }
  return null;
}

/** A daemon that does not run or answer now, as opposed to one that cannot start or be reached. */
function mayReturn(error: unknown): error is BabysitError {
  if (!(error instanceof BabysitError) || error.code !== 'daemon_unreachable') return false;
  return ['absent', 'busy', 'broken', 'silent'].includes(String(error.extra.reason));
}

/** The task with its end, where it is needed: for the receipt, or for the reason of a kill. */
async function endedTask(
  { session }: Context,
  { task, name, receipt }: PassThrough,
  end: End,
): Promise<TaskView | null> {
  if (end.signal === null && end.startFailed === null && receipt === null) return null;
  const { Aborted, followTask } = await import('../client/follow.ts');
  const limitMs = receipt === null ? REASON_MS : RECEIPT_MS;
  const limit = AbortSignal.timeout(limitMs);
  // A start of the daemon does not look at the limit.
  const isLate = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () => reject(new Aborted()));
  });
  try {
    return await Promise.race([followTask(session, task, () => {}, limit), isLate]);
  } catch (error) {
    const silent = `the daemon has not reported the end of ${name} within ${limitMs / 1000} s`;
    receipt?.miss(error instanceof Aborted ? silent : (error as Error).message, name);
    return null;
  }
}

/** Null when the command ended by itself. */
function why({ status, kill_reason, kill_hint, message, name, exit_code, signal }: TaskView): string | null {
  if (status === 'killed') return `${name} was killed: ${kill_reason}${kill_hint ? `. ${kill_hint}` : ''}`;
  if (status === 'interrupted') return `${name} was interrupted`;
  return message === null || exit_code !== null || signal !== null ? null : `${name}: ${message}`;
}

function forwarder(
  early: EarlyEnd,
  attached: Attached,
  isStarted: () => boolean,
  onHangup: () => void,
  job: Job,
): (signal: NodeJS.Signals) => void {
  const isHungUp = terminalWatch();
  return (signal) => {
    const name = signal as Forwarded;
    // The terminal was closed: the task keeps running.
    if (name === 'SIGHUP' && isHungUp()) onHangup();
    // This process stops after its command has.
    else if (name === 'SIGTSTP' && !isStarted()) job.stop();
    else if (name === 'SIGCONT') job.resume();
    else if (isStarted()) attached.signal(name);
    else early.by(name);
  };
}
