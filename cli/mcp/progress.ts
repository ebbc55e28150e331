// Sends progress notifications to a waiting client, which show that the call is alive.
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { formatDuration } from '../../src/units/duration.ts';
import { call, type Session } from '../client/session.ts';
import { taskPath } from '../input/refs.ts';
import { humanSize } from '../output/human.ts';
import { eventText } from '../output/task-output.ts';
import type { Progress, ToolRequest } from './tool.ts';

export interface Reporter {
  event(event: EventView): void;
  stop(): void;
}

const REPORT_MS = 5_000;
/** MCP requires that each progress value is greater than the previous one. */
const STEP_S = 0.001;
const SILENT: Reporter = { event() {}, stop() {} };

/** Reports elapsed and estimated time of the first task in `live` (ids) at once and every 5 s, and each event. */
export function reportProgress(
  session: Session,
  report: ToolRequest['report'],
  live: () => readonly string[],
): Reporter {
  if (report === null) return SILENT;
  let lastS = 0;
  let isStopped = false;
  const send = (seconds: number, total: number, message: string): void => {
    lastS = Math.max(lastS + STEP_S, seconds);
    report({ progress: lastS, ...(lastS <= total ? { total } : {}), message } satisfies Progress);
  };
  const poll = async (): Promise<void> => {
    const [id, ...more] = live();
    if (id === undefined) return;
    const task = await call<TaskView>(session, 'GET', taskPath(id)).catch(() => null);
    if (isStopped || task === null) return;
    const total = more.length > 0 ? 0 : task.estimated_time_ms / 1000;
    send((task.elapsed_ms ?? 0) / 1000, total, stateText(task, more.length));
  };
  const timer = setInterval(() => void poll(), REPORT_MS);
  void poll();
  return {
    event: (event) => send(0, 0, eventText(event).trimEnd()),
    stop() {
      isStopped = true;
      clearInterval(timer);
    },
  };
}

function stateText(task: TaskView, more: number): string {
  const elapsed = task.elapsed_ms === null ? '' : ` for ${formatDuration(task.elapsed_ms)}`;
  const mem = task.mem_bytes === null ? '' : `, ${humanSize(task.mem_bytes)}`;
  const others = more === 0 ? '' : `; and ${more} more`;
  return `${task.name}: ${task.status}${elapsed}, estimated ${formatDuration(task.estimated_time_ms)}${mem}${others}`;
}
