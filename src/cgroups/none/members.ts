// Which processes belong to a group when no cgroup says so, and the CPU time they have used together. Pure.
import { identityKey, type ProcessInfo, withDescendants } from '../../procfs/process-table.ts';

export interface Main {
  readonly pid: number;
  readonly startTicks: number;
}

/**
 * The process group of the main process, whatever carries the group's marker, whoever was a member before, and all
 * descendants of those. `main` is null until the command runs.
 */
export function membersOf(
  table: readonly ProcessInfo[],
  group: { readonly name: string; readonly main: Main | null; readonly known: ReadonlySet<string> },
): ProcessInfo[] {
  const { main, name, known } = group;
  // A pid is not given out again while it names a process group. So another process under the main pid means: that group is over.
  const leader = main && table.find((process) => process.pid === main.pid);
  const groupId = main && (!leader || leader.startTicks === main.startTicks) ? main.pid : null;

  const roots = table.filter(
    (process) => process.groupId === groupId || process.marker === name || known.has(identityKey(process)),
  );
  return withDescendants(table, roots);
}

export interface CpuAccount {
  /** Time of members that have ended and that no living member's own figure includes. */
  readonly endedUsec: number;
  readonly last: readonly ProcessInfo[];
}

export const NO_CPU: CpuAccount = { endedUsec: 0, last: [] };

/**
 * A process's figure includes the children it waited for. So one that ended under a living member is in that member's
 * figure already; of any other, the last reading is what remains.
 */
export function accountCpu(account: CpuAccount, now: readonly ProcessInfo[]): CpuAccount {
  const living = new Set(now.map(identityKey));
  const livingPids = new Set(now.map((process) => process.pid));
  const lost = account.last.filter(
    (process) => !living.has(identityKey(process)) && !livingPids.has(process.ppid),
  );
  return { endedUsec: account.endedUsec + total(lost), last: now };
}

export function cpuUsecOf(account: CpuAccount): number {
  return account.endedUsec + total(account.last);
}

function total(processes: readonly ProcessInfo[]): number {
  return processes.reduce((sum, process) => sum + process.cpuUsec, 0);
}
