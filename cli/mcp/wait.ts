// The tools that wait. Each answers within the client's time limit with the values to continue the wait.
import type { TicketBody, WaitingView } from '../../src/api/schemas/capacity.ts';
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { type EventName, WAIT_EVENTS } from '../../src/core/events.ts';
import { parseDuration } from '../../src/units/duration.ts';
import { Aborted, followTask } from '../client/follow.ts';
import { call, type Session } from '../client/session.ts';
import { holdTicket } from '../client/ticket.ts';
import { type Ref, taskPath } from '../input/refs.ts';
import { taskView, terminalView } from '../output/task-output.ts';
import * as inputs from './inputs.ts';
import * as outputs from './outputs.ts';
import { reportProgress } from './progress.ts';
import { selectNamed } from './refs.ts';
import { defineTool, type Outcome, type ToolRequest } from './tool.ts';
import { TIMER_MAX_MS } from './wait-limit.ts';
import { deferWait } from './wait-task.ts';

/** The most live tasks in an answer. */
const LIVE_SHOWN = 10;

export const wait = defineTool({
  description:
    'Wait until tasks end. One call is enough: never poll status. Answers {"status":"ended","ended":[...]} with how each task ended and what to change, or at the time limit {"status":"running","resume":{...}}: then call wait again with that resume. "events" lists the events during the wait (runaway_risk, stall_risk: follow their hints).',
  input: inputs.wait,
  output: outputs.wait,
  isReadOnly: true,
  async call(caller, { any = false, timeout, resume, ...naming }, request) {
    const isNamed = naming.name !== undefined || naming.tag !== undefined;
    if (isNamed === (resume !== undefined))
      throw new BabysitError('usage', 'wait needs exactly one of name and resume; a tag counts as a name');
    const from =
      resume === undefined
        ? await startOf(caller.session, await selectNamed(caller.session, naming, 'wait'))
        : new Map(Object.entries(resume));
    if (request.takesTask && timeout === undefined) {
      // biome-ignore lint/plugin/no-wall-clock: a time for the client
      const task = await deferWait(caller.session, { any, from }, Date.now());
      if (task !== null) return { answer: { status: 'running', resume: Object.fromEntries(from) }, task };
    }
    return waitFor(caller.session, from, { any, limitMs: limitOf(request, timeout) }, request);
  },
});

export const waitForCapacity = defineTool({
  description:
    'Wait for room for a task of this size, after run answered capacity_exceeded. Answers {"status":"granted","lease":...}: the room is held for the next run, or for the run with that lease. At the time limit it answers {"status":"waiting","resume":{...}}: then call it again with the same numbers and that resume.',
  input: inputs.waitForCapacity,
  output: outputs.waitForCapacity,
  isReadOnly: false,
  async call(caller, { timeout, resume, ...need }, request) {
    // biome-ignore lint/plugin/no-wall-clock: the time is stored; a restarted daemon has no other
    const since = resume ?? { since_ms: Date.now() };
    const body = { ...need, ...caller.scope, ...since } as TicketBody;
    let waiting: WaitingView | null = null;
    const limit = AbortSignal.timeout(limitOf(request, timeout));
    const done = new AbortController();
    const signal = AbortSignal.any([limit, request.signal, done.signal]);
    let reports = 0;
    const onWaiting = (view: WaitingView): void => {
      waiting = view;
      reports += 1;
      const blockers = view.blocked_by.length === 0 ? '' : `, after ${view.blocked_by.join(', ')}`;
      request.report?.({
        progress: reports,
        message: `waiting for ${view.dim}, position ${view.position ?? '?'}${blockers}`,
      });
    };
    try {
      const { event: _, ...lease } = await holdTicket(caller.session, body, onWaiting, signal);
      return { answer: { status: 'granted', ...lease } };
    } catch (error) {
      if (error instanceof BabysitError || !limit.aborted || request.signal.aborted) throw error;
      const { event: _, ...where } = waiting ?? { event: null };
      return { answer: { status: 'waiting', ...where, resume: since } };
    } finally {
      done.abort();
    }
  },
});

/** `from` maps task ids to the `seq` of the last known event. */
async function waitFor(
  session: Session,
  from: ReadonlyMap<string, number>,
  { any, limitMs }: { readonly any: boolean; readonly limitMs: number },
  request: ToolRequest,
): Promise<Outcome> {
  for (const id of from.keys()) request.covers(id);
  const shown = new Map(from);
  const ends = new Map<string, number>();
  const events: EventView[] = [];
  const ended = new Map<string, TaskView>();
  const live = () => [...from.keys()].filter((id) => !ended.has(id));
  const limit = AbortSignal.timeout(limitMs);
  const done = new AbortController();
  const signal = AbortSignal.any([limit, request.signal, done.signal]);
  const reporter = reportProgress(session, request.report, live);
  const onEvent = (event: EventView): void => {
    if (signal.aborted || event.event === 'daemon_stopping') return;
    if (event.event === 'ended') ends.set(event.id, event.seq);
    if (event.seq === undefined) {
      reporter.event(event);
      return;
    }
    if (!WAIT_EVENTS.has(event.event as EventName)) return;
    shown.set(event.id, event.seq);
    events.push(event);
    reporter.event(event);
  };
  const follows = [...from].map(async ([id, seq]) => {
    const task = await followTask(session, id, onEvent, signal, {
      progress: request.report !== null,
      after: seq,
    });
    // With `any` a second task may end in the same turn of the event loop. The next wait reports it.
    if (signal.aborted) throw new Aborted();
    ended.set(id, task);
    shown.set(id, ends.get(id) ?? 0);
  });
  try {
    await (any ? Promise.race(follows) : Promise.all(follows));
  } catch (error) {
    if (!(error instanceof Aborted) || request.signal.aborted) throw error;
  } finally {
    // The abort rejects the streams that still run.
    for (const follow of follows) follow.catch(() => {});
    done.abort();
    reporter.stop();
  }
  const isDone = live().length === 0 || (any && ended.size > 0);
  return {
    answer: {
      status: isDone ? 'ended' : 'running',
      ...(ended.size === 0 ? {} : { ended: [...ended.values()].map((task) => terminalView(task, false)) }),
      ...(live().length === 0
        ? {}
        : {
            live: await Promise.all(
              live()
                .slice(0, LIVE_SHOWN)
                .map((id) => liveView(session, id)),
            ),
            resume: Object.fromEntries(live().map((id) => [id, shown.get(id) ?? 0])),
          }),
      ...(events.length === 0 ? {} : { events }),
    },
    shown,
  };
}

/** Names are reused, so the wait continues with ids. */
async function startOf(session: Session, refs: readonly Ref[]): Promise<Map<string, number>> {
  const tasks = await Promise.all(refs.map((ref) => call<TaskView>(session, 'GET', taskPath(ref))));
  return new Map(tasks.map(({ id }) => [id, 0]));
}

async function liveView(session: Session, id: string): Promise<object> {
  return taskView(await call<TaskView>(session, 'GET', taskPath(id)), false);
}

function limitOf({ waitLimitMs }: ToolRequest, timeout: string | number | undefined): number {
  const asked = timeout === undefined ? waitLimitMs : parseDuration(timeout, 'timeout');
  return Math.min(asked, TIMER_MAX_MS);
}
