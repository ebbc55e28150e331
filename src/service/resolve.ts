// Resolves the reference to a task: its name, its id or a unique prefix of its id.
import { BabysitError } from '../core/errors.ts';
import type { Task } from '../core/task.ts';
import type { Store } from '../store/store.ts';

type Lookup = Pick<Store, 'byId' | 'byName' | 'namesakes' | 'byIdPrefix'>;

const CANDIDATES_SHOWN = 10;
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
  if (only === undefined) throw new BabysitError('not_found', `no task has the name or id "${ref}"`, { ref });
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
