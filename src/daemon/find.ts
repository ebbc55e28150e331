// From a reference (name, id, unique id prefix) to the task it means.
import { BabysitError } from '../core/errors.ts';
import type { Task } from '../core/task.ts';
import type { Store } from '../store/store.ts';

const CANDIDATES_SHOWN = 10;
const ID = /^[0-9A-HJKMNP-TV-Z]{1,26}$/;

/** A name wins over an id; of tasks that shared a name, the live one or the last. Throws not_found or ambiguous. */
export function findTask(store: Store, ref: string): Task {
  const byName = store.byName(ref);
  if (byName !== null) return byName;
  const id = ref.toUpperCase();
  const candidates = ID.test(id) ? store.byIdPrefix(id, CANDIDATES_SHOWN) : [];
  const [only, ...others] = candidates;
  if (only === undefined) throw new BabysitError('not_found', `no task has the name or id "${ref}"`, { ref });
  if (others.length === 0) return only;
  throw new BabysitError('ambiguous', `"${ref}" is the beginning of more than one id`, {
    ref,
    candidates: candidates.map((task) => ({ id: task.id, name: task.name, status: task.state.status })),
  });
}
