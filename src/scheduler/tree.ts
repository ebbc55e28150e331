// Charges a task and the tasks inside it together: what children need is taken from the estimate of their parent.
import type { TaskId } from '../core/task.ts';
import type { Need, RunningItem } from './items.ts';
import { chargedMem, chargedNeed } from './ledger.ts';

/** A running task on its own. */
export interface Branch {
  readonly item: RunningItem;
  /** The running task inside which it was submitted; null: none, or that attempt has ended. */
  readonly parentId: TaskId | null;
  /** It has no room of its own: only its use counts, inside that of its parent. */
  readonly isWithinParent: boolean;
}

const NOTHING: Need = { memBytes: 0, cpuCores: 0 };

/**
 * One item for each tree. The need of a parent is the larger of its estimate and of what runs inside it: its own memory
 * in use with the charges of its children, and the cores of its children. A parent that waits uses no CPU, so its cores
 * are not added; the use of the whole tree counts as for any item.
 */
export function foldTrees(branches: readonly Branch[]): RunningItem[] {
  const known = new Set(branches.map(({ item }) => item.id));
  const children = new Map<TaskId, Branch[]>();
  const roots: Branch[] = [];
  for (const branch of branches) {
    const { parentId } = branch;
    if (parentId === null || !known.has(parentId)) {
      roots.push(branch.isWithinParent ? { ...branch, isWithinParent: false } : branch);
      continue;
    }
    const siblings = children.get(parentId);
    if (siblings === undefined) children.set(parentId, [branch]);
    else siblings.push(branch);
  }
  return roots.map((root) => fold(root, children));
}

function fold(
  { item, isWithinParent }: Branch,
  children: ReadonlyMap<TaskId, readonly Branch[]>,
): RunningItem {
  const own = isWithinParent ? { ...item, need: NOTHING } : item;
  const branches = children.get(item.id);
  if (branches === undefined) return own;
  const inside = branches.map((child) => fold(child, children));
  const sum = (of: (child: RunningItem) => number) => inside.reduce((total, child) => total + of(child), 0);
  const cores = sum(({ need }) => need.cpuCores);
  return {
    ...own,
    need: {
      memBytes: Math.max(own.need.memBytes, own.liveMemBytes + sum(chargedMem)),
      cpuCores: Math.max(own.need.cpuCores, cores),
    },
    liveMemBytes: own.liveMemBytes + sum(({ liveMemBytes }) => liveMemBytes),
    liveCpuCores: own.liveCpuCores + sum(({ liveCpuCores }) => liveCpuCores),
    isExpress: false,
  };
}

/** What `child` needs beyond the estimates of the tasks around it when it starts. It is not one of the branches. */
export function needBeyond(branches: readonly Branch[], child: Branch): Need {
  const tree = treeAround(branches, child.parentId);
  const before = chargeOf(foldTrees(tree));
  const after = chargeOf(foldTrees([...tree, child]));
  return {
    memBytes: Math.max(0, after.memBytes - before.memBytes),
    cpuCores: Math.max(0, after.cpuCores - before.cpuCores),
  };
}

export function chargeOf(items: readonly RunningItem[]): Need {
  return items.map(chargedNeed).reduce(
    (sum, need) => ({
      memBytes: sum.memBytes + need.memBytes,
      cpuCores: sum.cpuCores + need.cpuCores,
    }),
    NOTHING,
  );
}

/** The branches of the tree that `id` belongs to; none when it is not among them. */
function treeAround(branches: readonly Branch[], id: TaskId | null): readonly Branch[] {
  const parentOf = new Map(branches.map(({ item, parentId }) => [item.id, parentId]));
  const rootOf = (from: TaskId | null): TaskId | null => {
    let root = from !== null && parentOf.has(from) ? from : null;
    for (let next = root; next !== null && parentOf.has(next); next = parentOf.get(next) ?? null) root = next;
    return root;
  };
  const root = rootOf(id);
  return root === null ? [] : branches.filter(({ item }) => rootOf(item.id) === root);
}
