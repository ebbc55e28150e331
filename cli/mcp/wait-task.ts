// The Tasks extension of MCP (io.modelcontextprotocol/tasks, 2026-07-28): a wait answers at once with a handle, which the
// client polls. The handle holds all that is needed to continue the wait, so another server can continue it.
import { z } from 'zod';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { parseJson } from '../../src/text/json.ts';
import { call, type Session } from '../client/session.ts';
import { taskPath } from '../input/refs.ts';

export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';
export const BY_TASK_ID = z.looseObject({ taskId: z.string() });

/** A wait: `from` maps task ids to the `seq` of the last event that is known. */
export interface Wait {
  readonly any: boolean;
  readonly from: ReadonlyMap<string, number>;
}

/** The fields of a task in MCP. */
export interface WaitTask {
  readonly taskId: string;
  readonly status: 'working';
  readonly statusMessage: string;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  readonly ttlMs: null;
  readonly pollIntervalMs: number;
}

const POLL_MS = 2000;
/** A handle of more tasks would be too long for a client. */
const TASKS_MAX = 50;
const HANDLE = z.tuple([z.int().min(0), z.boolean(), z.record(z.string(), z.int().min(0))]);
const MAX_TIME_MS = 8.64e15;

/** Null when the wait has nothing to wait for, or is of too many tasks. */
export async function deferWait(session: Session, wait: Wait, nowMs: number): Promise<WaitTask | null> {
  if (wait.from.size > TASKS_MAX) return null;
  const handle = [nowMs, wait.any, Object.fromEntries(wait.from)];
  const taskId = Buffer.from(JSON.stringify(handle)).toString('base64url');
  return stateOf(session, wait, taskId, nowMs, nowMs);
}

/** Null for a handle that this server did not make. */
export function readHandle(taskId: string): (Wait & { readonly createdMs: number }) | null {
  const { value } = parseJson(Buffer.from(taskId, 'base64url').toString());
  const parsed = HANDLE.safeParse(value);
  if (!parsed.success || parsed.data[0] > MAX_TIME_MS) return null;
  const [createdMs, any, from] = parsed.data;
  return { createdMs, any, from: new Map(Object.entries(from)) };
}

/** Null when the wait is over. Throws BabysitError when a task was removed. */
export async function stateOf(
  session: Session,
  { any, from }: Wait,
  taskId: string,
  createdMs: number,
  nowMs: number,
): Promise<WaitTask | null> {
  const tasks = await Promise.all([...from.keys()].map((id) => call<TaskView>(session, 'GET', taskPath(id))));
  const live = tasks.filter(({ ended_at }) => ended_at === null);
  const [first, ...more] = live;
  if (first === undefined || (any && live.length < tasks.length)) return null;
  return {
    taskId,
    status: 'working',
    statusMessage: `${first.name} is ${first.status}${more.length === 0 ? '' : `, and ${more.length} more`}`,
    createdAt: new Date(createdMs).toISOString(),
    lastUpdatedAt: new Date(nowMs).toISOString(),
    ttlMs: null,
    pollIntervalMs: POLL_MS,
  };
}
