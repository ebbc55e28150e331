// The inbox as a client uses it: take what nobody has seen, and say what was shown, by whatever way.
import type { EventView } from '../../src/api/schemas/events.ts';
import type { InboxBody, InboxView, SeenBody } from '../../src/api/schemas/inbox.ts';
import { findOwner, findProject } from '../input/project.ts';
import { terminalView } from '../output/task-view.ts';
import { send } from './client.ts';
import { call, type Session } from './session.ts';

/** Without an owner: of the tasks in the project that have none. */
export type InboxScope = Pick<InboxBody, 'owner' | 'project'>;

/** Showing something twice is better than to keep a caller waiting. */
const SEEN_MS = 1_000;

export function whoseInbox(env: NodeJS.ProcessEnv, asked?: string): InboxScope {
  const owner = findOwner(asked, env);
  return { project: findProject(here()), ...(owner === undefined ? {} : { owner }) };
}

/** Who waits in a directory that is deleted meanwhile shall not fail for it. */
function here(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

/** Who takes has half a minute to report what it has shown; after that it is news again. Throws BabysitError. */
export function takeInbox(
  session: Session,
  scope: InboxScope,
  more: Partial<InboxBody> = {},
): Promise<InboxView> {
  return call<InboxView>(session, 'POST', '/v1/inbox', { ...scope, ...more } satisfies InboxBody);
}

/** `shown`: ids of tasks, with the `seq` of the last event shown of each. Fails silently: then it is shown again. */
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

/** An end with how the task ended, as `wait` tells it; a warning as it is. */
export function newsView(event: EventView, full: boolean): object {
  const { event: what, at, task } = event;
  return task === undefined ? event : { event: what, at, ...terminalView(task, full) };
}

export function seqs(view: InboxView): Map<string, number> {
  return new Map(view.events.map(({ id, seq }) => [id, seq]));
}
