// Waits for the end of a killed task as long as its daemon gives it, for the command and the MCP tool.
import type { ConfigView } from '../../src/api/schemas/daemon.ts';
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { parseDuration } from '../../src/units/duration.ts';
import { Aborted, followTask } from './follow.ts';
import { call, type Session } from './session.ts';

export interface Killed {
  /** The end, or the task as it was when the time was over. */
  readonly task: TaskView;
  /** The event of the end; 0 without one. */
  readonly seq: number;
}

/** After SIGKILL a group needs time to become empty. */
const MARGIN_MS = 2_000;
/** The longest delay of a timer, 24 days. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** How long the kill ladder may take: the time of the stop file, which few tasks have, and that of SIGTERM. */
export async function graceMsOf(session: Session): Promise<number> {
  const { values } = await call<ConfigView>(session, 'GET', '/v1/config');
  const read = (name: string) => parseDuration(String(values.find(({ key }) => key === name)?.value), name);
  return read('watchdog.stop_grace') + read('watchdog.kill_grace');
}

export async function untilKilled(session: Session, task: TaskView, graceMs: number): Promise<Killed> {
  let seq = 0;
  const onEvent = (event: EventView) => {
    if (event.event === 'ended') seq = event.seq;
  };
  if (task.ended_at !== null) return { task, seq };
  try {
    const limit = AbortSignal.timeout(Math.min(graceMs + MARGIN_MS, TIMER_MAX_MS));
    return { task: await followTask(session, task.id, onEvent, limit), seq };
  } catch (error) {
    if (error instanceof Aborted) return { task, seq };
    throw error;
  }
}
