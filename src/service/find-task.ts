// From a reference (name, id, unique id prefix) to the task it means.
import { BabysitError } from '../core/errors.ts';
import type { Task } from '../core/task.ts';
import type { Store } from '../store/store.ts';

const CANDIDATES_SHOWN = 10;
const ID_LENGTH = 26;
const ID = /^[0-9A-HJKMNP-TV-Z]{1,26}$/;

/** A whole id, then a name, then the beginning of an id; of tasks that shared a name, the live one or the last. Throws not_found or ambiguous. */
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
  throw new BabysitError('ambiguous', `"${ref}" is the beginning of more than one id`, {
    ref,
    candidates: candidates.map((task) => ({ id: task.id, name: task.name, status: task.state.status })),
  });
}
