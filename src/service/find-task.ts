// Finds a task by reference: name, id or unique prefix of an id.
import { BabysitError } from '../core/errors.ts';
import type { Task } from '../core/task.ts';
import type { Store } from '../store/store.ts';

const CANDIDATES_SHOWN = 10;
const ID_LENGTH = 26;
const ID = /^[0-9A-HJKMNP-TV-Z]{1,26}$/;

/** Tries id, name, then id prefix. A reused name refers to the newest task. Throws not_found or ambiguous. */
export function findTask(store: Store, ref: string): Task {
  const id = ref.toUpperCase();
  const byId = id.length === ID_LENGTH ? store.byId(id) : null;
  if (byId !== null) return byId;
  const byName = store.byName(ref);
  if (byName !== null) return byName;
  const candidates = ID.test(id) ? store.byIdPrefix(id, CANDIDATES_SHOWN) : [];
  const [only, ...others] = candidates;
  if (only === undefined) throw new BabysitError('not_found', `no task has the name or id "${ref}"`, { ref });
  if (others.length === 0) return only;
  throw new BabysitError('ambiguous', `"${ref}" matches more than one id`, {
    ref,
    candidates: candidates.map((task) => ({ id: task.id, name: task.name, status: task.state.status })),
  });
}
