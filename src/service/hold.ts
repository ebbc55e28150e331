// Holds the start of tasks for a person, and releases them.
import type {
  AskedTarget,
  HoldRequest,
  HoldsView,
  HoldView,
  ReleasedView,
  ReleaseRequest,
} from '../api/schemas/hold.ts';
import { BabysitError } from '../core/errors.ts';
import { covers, type HoldTarget, type StartHold } from '../core/host/start-hold.ts';
import { isEnded } from '../core/task.ts';
import type { Engine } from '../engine/engine.ts';
import { pendingItem } from '../engine/live-tasks.ts';
import { assumedEnd } from '../scheduler/releases.ts';
import { userName } from '../systemd/user-name.ts';
import { shellWord } from '../text/shell.ts';
import type { TaskAccess } from './lookup/task-access.ts';
import { heldByView } from './views/refusal.ts';
import { iso } from './views/task-row.ts';

/** A second hold of the same scope replaces the first. Throws BabysitError not_found, ambiguous or already_ended. */
export async function hold(
  engine: Engine,
  tasks: TaskAccess,
  { target: asked, forMs, isDrain, reason, by }: HoldRequest,
  nowMs: () => number,
): Promise<HoldView> {
  const target = targetOf(tasks, asked, true);
  await tasks.commit((work) => {
    const since = work.now.wallMs;
    const until = forMs === null ? null : since + forMs;
    work.putHold({ ...target, reason, by: by ?? userName(), since, until, isDrain });
  });
  const made = engine.live.holds.get(target);
  if (made === undefined) throw new BabysitError('not_held', 'the hold was released at once');
  return holdView(engine, made, nowMs());
}

/** Throws BabysitError not_held when only other scopes are held. */
export async function release(
  engine: Engine,
  tasks: TaskAccess,
  { target: asked, by }: ReleaseRequest,
  nowMs: () => number,
): Promise<ReleasedView> {
  const target = targetOf(tasks, asked, false);
  let released: HoldView | null = null;
  await tasks.commit((work) => {
    const found = engine.live.holds.get(target);
    if (found === undefined) return;
    released = holdView(engine, found, work.now.wallMs);
    work.dropHold(found, by ?? userName());
  });
  const { holds } = holdsView(engine, nowMs());
  if (released !== null || holds.length === 0) return { released, holds };
  const commands = holds.map((other) => releaseCommand(other));
  throw new BabysitError('not_held', `${nameOf(target)} not held`, {
    hint: `Held are other scopes. Run: ${commands.join(', or ')}`,
  });
}

export function holdsView(engine: Engine, nowMs: number): HoldsView {
  return { holds: engine.live.holds.values().map((each) => holdView(engine, each, nowMs)) };
}

/** The command that ends the hold. */
export function releaseCommand({ scope, of }: HoldTarget): string {
  if (scope === 'all' || of === null) return 'babysit release';
  return scope === 'task'
    ? `babysit release ${shellWord(of)}`
    : `babysit release --${scope}=${shellWord(of)}`;
}

function holdView(engine: Engine, each: StartHold, nowMs: number): HoldView {
  const { live } = engine;
  const running = [...live.active()].filter((task) => covers(each, pendingItem(task)));
  const end = (assumption: 'p50' | 'limits'): number | null => {
    const ends = running.flatMap((task) => {
      const item = engine.runningItem(task);
      return item === null ? [] : assumedEnd(item, assumption, nowMs);
    });
    const last = Math.max(...ends);
    return Number.isFinite(last) ? last : null;
  };
  let held = 0;
  for (const { hold: its } of live.queue.held()) if (its === each) held += 1;
  const task = each.scope === 'task' ? [...live.values()].find(({ id }) => id === each.of) : undefined;
  return {
    ...heldByView(each),
    name: task?.name ?? null,
    since: new Date(each.since).toISOString(),
    drain: each.isDrain,
    held,
    running: running.length,
    expected_end: iso(end('p50')),
    latest_end: iso(end('limits')),
  };
}

function targetOf(tasks: TaskAccess, { scope, of }: AskedTarget, isNew: boolean): HoldTarget {
  if (scope !== 'task' || of === null) return { scope, of };
  const task = tasks.find(of);
  if (isNew && isEnded(task.state))
    throw new BabysitError('already_ended', `"${task.name}" has already ended, so it cannot be held`, {
      name: task.name,
    });
  return { scope, of: task.id };
}

function nameOf({ scope, of }: HoldTarget): string {
  return scope === 'all' ? 'all tasks together are' : `the ${scope} ${of} is`;
}
