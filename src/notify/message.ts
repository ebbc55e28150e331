// Decides which targets an event goes to, and what they get: a pointer to the task and the compact end, no output.
import type { RecordedEvent } from '../core/events.ts';
import { type NotifyTarget, sessionOf } from '../core/notify.ts';
import { isEnded, ownerOf, type Task } from '../core/task.ts';
import { type EndedEvent, pastEnd } from '../core/transition/past-end.ts';
import { pastAttempt } from '../core/transition/retry.ts';

/** Field of the message -> value. The names are those of the JSON of a task and of an event. */
export type Message = Readonly<Record<string, string | number | boolean | null>>;

export function matches(target: NotifyTarget, event: RecordedEvent, task: Task): boolean {
  const isKill = event.event === 'ended' && event.status === 'killed';
  const isOn = target.on.some((kind) => (kind === 'killed' ? isKill : kind === event.event));
  return (
    isOn &&
    sessionOf(target.action, task.owner ?? null) !== null &&
    (target.owner === null || target.owner === ownerOf(task)) &&
    (target.project === null || target.project === task.project) &&
    (target.tag === null || task.tags.includes(target.tag) || task.batch === target.tag) &&
    (target.statuses === null || (event.event === 'ended' && target.statuses.includes(event.status)))
  );
}

export function messageOf(event: RecordedEvent, task: Task): Message {
  const { seq, at, name, taskId } = event;
  return {
    event: event.event,
    seq,
    at: new Date(at).toISOString(),
    id: taskId,
    name,
    project: task.project,
    owner: ownerOf(task),
    attempt: task.attempts,
    ...warningOf(event),
    ...(event.event === 'ended' ? endOf(task, event) : {}),
  };
}

/** Without the last line, which is output. */
function warningOf(event: RecordedEvent): Message {
  if (event.event === 'runaway_risk') {
    const { dim, estimate, actual, kill_at, kill_in_s = null, hint, suggested_command } = event;
    return { dim, estimate, actual, kill_at, kill_in_s, hint, suggested_command };
  }
  if (event.event !== 'stall_risk') return {};
  const { silent_s, kill_in_s, hint } = event;
  return { silent_s, kill_in_s, hint };
}

function endOf(task: Task, event: EndedEvent): Message {
  const end = pastEnd(task, event) ?? (isEnded(task.state) ? pastAttempt(task, task.state) : null);
  if (end === null) return {};
  const isKill = end.status === 'killed';
  return {
    attempt: end.number,
    status: end.status,
    exit_code: end.exit?.code ?? null,
    signal: end.exit?.signal ?? null,
    kill_reason: isKill ? end.reason : null,
    reason: isKill ? null : end.reason,
  };
}
