// Records each use of a lever: of what costs other users of the host.
import { rmSync } from 'node:fs';
import { isLever, type LeverUse } from '../core/host/levers.ts';
import type { TaskId } from '../core/task.ts';
import type { Engine } from '../engine/engine.ts';
import { readRegular } from '../files/regular-file.ts';
import type { Store } from '../store/store.ts';
import { userName } from '../systemd/user-name.ts';
import { isJsonObject, parseJson } from '../text/json.ts';
import { filledLines } from '../text/split.ts';
import type { TaskAccess } from './lookup/task-access.ts';

export interface LeverDeps {
  readonly engine: Engine;
  readonly store: Store;
}

/** Resolves once it is stored. `by` null: the client does not say who it is. */
export async function noteLever(
  { engine, store }: LeverDeps,
  tasks: TaskAccess,
  { lever, of, by }: Omit<LeverUse, 'by'> & { readonly by: string | null },
): Promise<void> {
  const task = of === null ? null : (engine.live.get(of as TaskId) ?? store.byId(of as TaskId));
  await tasks.commit((work) => work.noteLever({ lever, of: task?.name ?? of, by: by ?? userName() }));
}

/** Records the uses that clients kept in a file while no daemon ran. */
export async function takeLeverUses(file: string, tasks: Pick<TaskAccess, 'commit'>): Promise<void> {
  let text: string;
  try {
    text = readRegular(file, 'utf8');
  } catch {
    return;
  }
  const uses = filledLines(text).flatMap((line) => {
    const { value } = parseJson(line);
    if (!isJsonObject(value)) return [];
    const { lever, of, by, at } = value;
    if (typeof lever !== 'string' || !isLever(lever) || typeof by !== 'string' || typeof at !== 'number')
      return [];
    return [{ lever, of: typeof of === 'string' ? of : null, by, at }];
  });
  await tasks.commit((work) => {
    for (const { at, ...use } of uses) work.noteLever(use, at);
  });
  rmSync(file, { force: true });
}
