// Resolves references to tasks: a name, an id or a unique prefix of an id to one; a pattern or a tag to several.

import { type SelectedView, type SelectQuery, selectedView } from '../../api/schemas/select.ts';
import { BabysitError } from '../../core/errors.ts';
import { isEnded, type Task } from '../../core/task.ts';
import type { Store } from '../../store/store.ts';
import { nearest } from '../../text/nearest.ts';
import { shellWord } from '../../text/shell.ts';
import { idPages } from './pages.ts';

type Lookup = Pick<Store, 'byId' | 'byName' | 'namesakes' | 'byIdPrefix' | 'idsBefore'>;

const CANDIDATES_SHOWN = 10;
/** A mistyped name is compared with the names of so many tasks. */
const NEWEST_COMPARED = 200;
const ID_LENGTH = 26;
const ID_PREFIX = /^[0-9A-HJKMNP-TV-Z]{1,26}$/;

/**
 * A whole id refers to its task anywhere. A name or prefix refers to a task of `project` (live, else the newest ended),
 * and to one of another project only when none here fits and exactly one fits there. Without a project (null) all
 * projects count as elsewhere. Throws BabysitError not_found or ambiguous.
 */
export function resolveRef(store: Lookup, ref: string, project: string | null): Task {
  const id = ref.toUpperCase();
  const byId = id.length === ID_LENGTH ? store.byId(id) : null;
  if (byId !== null) return byId;
  const candidates = (project === null ? null : here(store, ref, project)) ?? elsewhere(store, ref);
  const [only, ...others] = candidates;
  if (only === undefined) throw notFound(store, ref, project);
  if (others.length === 0) return only;
  throw new BabysitError('ambiguous', `"${ref}" refers to more than one task`, {
    ref,
    candidates: candidates.map(({ id, name, project, state }) => ({
      id,
      name,
      project,
      status: state.status,
    })),
  });
}

function notFound(store: Lookup, ref: string, project: string | null): BabysitError {
  const { ids } = store.idsBefore(project === null ? {} : { project }, null, NEWEST_COMPARED);
  const near = nearest(ref, [...new Set(ids.flatMap((id) => store.byId(id)?.name ?? []))]);
  return new BabysitError('not_found', `no task has the name or id "${ref}"`, {
    ref,
    ...(near === null ? {} : { nearest: near, hint: `Did you mean ${shellWord(near)}?` }),
  });
}

/** Returns null when no task of the project fits. */
function here(store: Lookup, ref: string, project: string): readonly Task[] | null {
  const named = store.byName(project, ref);
  if (named !== null) return [named];
  const prefixed = byPrefix(store, ref, project);
  return prefixed.length === 0 ? null : prefixed;
}

/** At most one task of each project has the name. */
function elsewhere(store: Lookup, ref: string): readonly Task[] {
  const named = store.namesakes(ref, CANDIDATES_SHOWN);
  return named.length === 0 ? byPrefix(store, ref, null) : named;
}

function byPrefix(store: Lookup, ref: string, project: string | null): readonly Task[] {
  const prefix = ref.toUpperCase();
  return ID_PREFIX.test(prefix) ? store.byIdPrefix(project, prefix, CANDIDATES_SHOWN) : [];
}

/**
 * The tasks that match a pattern or a tag, oldest first. As a name refers to the newest task, so only the newest task of
 * each name counts. Tasks that ended more than SELECTED_MS ago are left out. Throws BabysitError not_found when none matches.
 */
export async function selectTasks(
  store: Pick<Store, 'idsBefore' | 'byId'>,
  query: SelectQuery,
  nowMs: number,
): Promise<SelectedView[]> {
  const { project, statuses, patterns, tags } = query;
  const newest = new Map<string, Pick<Task, 'id' | 'name' | 'state'>>();
  for (const filter of [...patterns.map((namePattern) => ({ namePattern })), ...tags.map((tag) => ({ tag }))])
    for await (const ids of idPages(store, {
      ...filter,
      ...(project === null ? {} : { project }),
      endedSince: nowMs - SELECTED_MS,
    }))
      for (const taskId of ids) {
        const task = store.byId(taskId);
        if (task === null) continue;
        const { id, name, state } = task;
        const key = `${task.project}\0${name}`;
        // The newest comes first, and a live one refuses newer ones with its name.
        if (!newest.has(key) || !isEnded(state)) newest.set(key, { id, name, state });
      }
  const found = [...newest.values()]
    .filter(({ state }) => statuses === null || statuses.includes(state.status))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(selectedView);
  if (found.length > 0) return found;
  throw new BabysitError('not_found', nothingMatches(query, newest.size), {
    hint: 'Run babysit list --all to see the tasks of this project with their tags.',
  });
}

const SELECTED_MS = 24 * 3_600_000;

function nothingMatches({ statuses, patterns, tags }: SelectQuery, others: number): string {
  const asked = [...patterns.map((pattern) => `"${pattern}"`), ...tags.map((tag) => `the tag "${tag}"`)];
  const which = others === 0 || statuses === null ? 'task' : `task that is ${statuses.join(' or ')}`;
  return `no ${which} matches ${asked.join(' or ')}`;
}
