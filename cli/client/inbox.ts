// Reads the inbox of an owner and reports which events a reader has shown.
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { InboxBody, InboxView, SeenBody, SentBody } from '../../src/api/schemas/inbox.ts';
import { currentProject, findOwner } from '../input/project.ts';
import { terminalView } from '../output/task-output.ts';
import { send } from './http.ts';
import { call, type Session } from './session.ts';

/** Without an owner: the tasks of the project that have no owner. */
export type InboxScope = Pick<InboxBody, 'owner' | 'project'>;

/** Showing an event twice is better than delaying the caller. */
const SEEN_MS = 1_000;

export function inboxScope(env: NodeJS.ProcessEnv, asked?: string): InboxScope {
  const owner = findOwner(asked, env);
  return { project: currentProject(), ...(owner === undefined ? {} : { owner }) };
}

/** Events that the caller does not report as seen within 30 s return to the inbox. Throws BabysitError. */
export function takeInbox(
  session: Session,
  scope: InboxScope,
  more: Partial<InboxBody> = {},
): Promise<InboxView> {
  return call<InboxView>(session, 'POST', '/v1/inbox', { ...scope, ...more } satisfies InboxBody);
}

/** `shown` maps task ids to the `seq` of the last shown event. Ignores failures: the events are then shown again. */
export async function reportSeen(
  session: Session,
  scope: InboxScope,
  shown: ReadonlyMap<string, number>,
): Promise<void> {
  if (shown.size === 0) return;
  const body: SeenBody = { ...scope, seen: [...shown].map(([id, seq]) => ({ id, seq })) };
  const request = { method: 'POST', path: '/v1/inbox/seen', body, timeoutMs: SEEN_MS } as const;
  await send(session.home.socket, request).catch(() => {});
}

/** Records a message to an agent, for `status`. Ignores failures: the message itself has been sent or not. */
export async function reportSent(session: Session, sent: SentBody): Promise<void> {
  const request = { method: 'POST', path: '/v1/inbox/sent', body: sent, timeoutMs: SEEN_MS } as const;
  await send(session.home.socket, request).catch(() => {});
}

/** An `ended` event with the result that `wait` prints; any other event unchanged. */
export function inboxEventView(event: EventView, full: boolean): object {
  const { event: what, at, task } = event;
  return task === undefined ? event : { event: what, at, ...terminalView(task, full) };
}

export function seqByTask(view: InboxView): Map<string, number> {
  return new Map(view.events.map(({ id, seq }) => [id, seq]));
}
