// What `wait` waits for besides the end of a task: an event, a line of its output, or a port that it listens on.
import type { EventView } from '../src/api/schemas/events/events.ts';
import type { TaskView } from '../src/api/schemas/task.ts';
import type { EventName } from '../src/core/events.ts';
import { Aborted, followTask } from './client/follow.ts';
import { type LineFound, watchLog } from './client/log/watch-log.ts';
import { call, type Session } from './client/session.ts';
import { type Ref, taskPath } from './input/refs.ts';

export type Wake =
  | { readonly kind: 'event'; readonly name: EventName }
  | { readonly kind: 'log'; readonly pattern: string }
  | { readonly kind: 'port'; readonly port: number };

/** What has not happened: `NAME has not …`. */
export function missingText(wake: Wake): string {
  switch (wake.kind) {
    case 'event':
      return wake.name === 'started' ? 'started' : `had the event ${wake.name}`;
    case 'log':
      return `printed a line that matches ${wake.pattern}`;
    case 'port':
      return `listened on port ${wake.port}`;
  }
}

export function wakeFlag(wake: Wake): string {
  switch (wake.kind) {
    case 'event':
      return `--event=${wake.name}`;
    case 'log':
      return `--log=${wake.pattern}`;
    case 'port':
      return `--port=${wake.port}`;
  }
}

export interface WakeOptions {
  /** Called once. */
  readonly found: (what: EventView | LineFound) => void;
  /** Called for each other event. */
  readonly onEvent: (event: EventView) => void;
  readonly progress: boolean | undefined;
}

/** Resolves with the ended task, or with null when what `wake` names came first. Throws what `followTask` throws. */
export async function endOrWake(
  session: Session,
  ref: Ref,
  wake: Wake,
  { found, onEvent, progress }: WakeOptions,
  abort: AbortSignal,
): Promise<TaskView | null> {
  const woken = new AbortController();
  const wakeUp = (what: EventView | LineFound): void => {
    if (woken.signal.aborted || abort.aborted) return;
    found(what);
    woken.abort();
  };
  const isWanted = await matcher(session, ref, wake);
  const log = wake.kind === 'log' ? watchLog(session, wake.pattern, wakeUp) : null;
  const see = (event: EventView): void => {
    if (woken.signal.aborted) return;
    if (isWanted(event)) wakeUp(event);
    else onEvent(event);
    if (event.event === 'started') log?.start(event.id);
  };
  const port = wake.kind === 'port' ? wake.port : undefined;
  try {
    const signal = AbortSignal.any([abort, woken.signal]);
    const task = await followTask(session, ref, see, signal, { progress, port });
    await log?.end(task);
    // What it waits for and the end came in one packet.
    return woken.signal.aborted ? null : task;
  } catch (error) {
    if (error instanceof Aborted && woken.signal.aborted) return null;
    throw error;
  }
}

/** An event that names an attempt must be of the current one, or of the next one of a pending task. */
async function matcher(session: Session, ref: Ref, wake: Wake): Promise<(event: EventView) => boolean> {
  switch (wake.kind) {
    case 'log':
      return () => false;
    case 'port':
      return ({ event }) => event === 'listening';
    case 'event': {
      const { attempt, status } = await call<TaskView>(session, 'GET', taskPath(ref));
      const from = status === 'pending' ? attempt + 1 : attempt;
      return (event) =>
        event.event === wake.name && (typeof event.attempt !== 'number' || event.attempt >= from);
    }
  }
}
