// The processes of one scan by pid, parent, process group and marker: each of hundreds of groups looks only at its own.
import type { ProcessInfo } from './process-table.ts';

export class ProcessIndex {
  readonly all: readonly ProcessInfo[];
  #maps: ReturnType<typeof mapsOf> | null = null;

  constructor(all: readonly ProcessInfo[]) {
    this.all = all;
  }

  withPid(pid: number): ProcessInfo | undefined {
    return this.#built.byPid.get(pid);
  }

  inGroup(groupId: number): readonly ProcessInfo[] {
    return this.#built.byGroup.get(groupId) ?? [];
  }

  withMarker(marker: string): readonly ProcessInfo[] {
    return this.#built.byMarker.get(marker) ?? [];
  }

  /** Those of the roots and their descendants that `isOwn` accepts, without duplicates. Others hide their descendants. */
  withDescendants(roots: Iterable<ProcessInfo>, isOwn: (process: ProcessInfo) => boolean): ProcessInfo[] {
    const { byParent } = this.#built;
    const found = new Map<number, ProcessInfo>();
    const pending = [...roots];
    for (let process = pending.pop(); process; process = pending.pop()) {
      if (found.has(process.pid) || !isOwn(process)) continue;
      found.set(process.pid, process);
      pending.push(...(byParent.get(process.pid) ?? []));
    }
    return [...found.values()];
  }

  get #built() {
    this.#maps ??= mapsOf(this.all);
    return this.#maps;
  }
}

function mapsOf(all: readonly ProcessInfo[]) {
  return {
    byPid: new Map(all.map((process) => [process.pid, process])),
    byParent: Map.groupBy(all, ({ ppid }) => ppid),
    byGroup: Map.groupBy(all, ({ groupId }) => groupId),
    byMarker: Map.groupBy(all, ({ marker }) => marker),
  };
}
