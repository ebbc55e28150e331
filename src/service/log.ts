// Serves the log of an attempt of a task: a range of it, or a stream until the task ends.
import type { LogRangeView } from '../api/schemas/log.ts';
import type { LogReader } from '../api/service.ts';
import { counted } from '../core/counted.ts';
import { BabysitError } from '../core/errors.ts';
import type { LogQuery } from '../core/log-query.ts';
import { isEnded, type Task, type TaskId } from '../core/task.ts';
import { attemptPaths } from '../engine/attempt/paths.ts';
import type { Engine } from '../engine/engine.ts';
import { nextEnd } from '../logs/growth.ts';
import { logExtent } from '../logs/read.ts';
import { recoverRotation } from '../logs/rotate.ts';
import { type LogChange, logRange, logStream } from '../logs/stream.ts';
import { shellWords } from '../text/shell.ts';
import type { TaskAccess, TaskAccessDeps } from './lookup/task-access.ts';

/** Streams the range of the query; with `follow` from the start of a pending task to its end. Throws BabysitError no_log. */
export function log(
  deps: TaskAccessDeps,
  tasks: TaskAccess,
  ref: string,
  query: LogQuery,
  reader: LogReader,
): AsyncIterable<Uint8Array> {
  const found = tasks.find(ref);
  if (query.follow && found.state.status === 'pending')
    return afterStart(deps, tasks, found.id, query, reader);
  const { task, path } = logOf(deps, tasks, ref, query);
  const changed = async (): Promise<LogChange> => {
    const isLast = () => reader.closed.aborted || deps.engine.live.get(task.id) === undefined;
    const end = isLast() ? null : await untilNews(deps.engine, task.id, reader, nextEnd(path));
    return { isLast: isLast(), end: end ?? logExtent(path).to };
  };
  return logStream({ path, changed }, query, deps.clock.now().wallMs);
}

/** Returns the byte range of the query. Throws BabysitError no_log. */
export async function rangeOfLog(
  deps: TaskAccessDeps,
  tasks: TaskAccess,
  ref: string,
  query: LogQuery,
): Promise<LogRangeView> {
  const { task, attempt, path } = logOf(deps, tasks, ref, query);
  const range = await logRange(path, query, deps.clock.now().wallMs);
  return { id: task.id, name: task.name, ...range, attempt, attempts: task.attempts };
}

function logOf(
  { engine, tasksDir }: TaskAccessDeps,
  tasks: TaskAccess,
  ref: string,
  query: LogQuery,
): { readonly task: Task; readonly attempt: number; readonly path: string } {
  const task = tasks.find(ref);
  if (task.attempts === 0)
    throw new BabysitError('no_log', noLog(task), {
      name: task.name,
      ...(isEnded(task.state)
        ? { hint: `It has no output. Run babysit status ${task.name} to see why.` }
        : {}),
    });
  const attempt = query.attempt ?? task.attempts;
  if (attempt > task.attempts)
    throw new BabysitError(
      'no_log',
      `"${task.name}" has had ${counted(task.attempts, 'attempt')}, and no attempt ${attempt}`,
      {
        hint: `Run babysit log ${shellWords([task.name])} for the last one.`,
      },
    );
  const { log: path } = attemptPaths(tasksDir, task.id, attempt);
  // The earlier daemon may have died during a rotation, and the attempt may have ended before this daemon started.
  if (engine.attempt(task.id) === undefined) recoverRotation(path);
  return { task, attempt, path };
}

function noLog({ name, state }: Task): string {
  switch (state.status) {
    case 'failed':
      return `"${name}" never started: ${state.message ?? state.reason}`;
    case 'killed':
      return `"${name}" never started: it was killed while it was pending`;
    default:
      return `"${name}" has not started`;
  }
}

/** Streams nothing when the task ends without a start. */
async function* afterStart(
  deps: TaskAccessDeps,
  tasks: TaskAccess,
  id: TaskId,
  query: LogQuery,
  reader: LogReader,
): AsyncGenerator<Uint8Array> {
  while (!reader.closed.aborted && deps.engine.live.get(id)?.state.status === 'pending')
    await untilNews(deps.engine, id, reader);
  if (!reader.closed.aborted && tasks.byId(id).attempts > 0) yield* log(deps, tasks, id, query, reader);
}

/** Resolves with null at the next event of the task and at the abort, or with the end of all output when it has grown. */
function untilNews(
  { eventBus }: Engine,
  id: TaskId,
  { closed, onWait }: LogReader,
  growth?: Promise<number>,
): Promise<number | null> {
  onWait();
  return new Promise((resolve, reject) => {
    const settle = (end: number | null): void => {
      stop();
      closed.removeEventListener('abort', settleNow);
      resolve(end);
    };
    const settleNow = () => settle(null);
    const stop = eventBus.listen(id, settleNow);
    closed.addEventListener('abort', settleNow);
    growth?.then(settle, (error: unknown) => {
      reject(error);
      settleNow();
    });
  });
}
