// Finds the processes of a group without a cgroup, and sums up their CPU time. Pure.
import { identityKey, type ProcessInfo, withDescendants } from '../../procfs/process-table.ts';

export interface Main {
  readonly pid: number;
  readonly startTicks: number;
}

/**
 * Members are the process group of the main process, processes with the group's marker, earlier members, and all
 * descendants of these. `main` is null until the command runs.
 */
export function membersOf(
  table: readonly ProcessInfo[],
  group: { readonly name: string; readonly main: Main | null; readonly known: ReadonlySet<string> },
): ProcessInfo[] {
  const { main, name, known } = group;
  // The kernel does not reuse a pid as long as its process group exists: another process with it means an empty group.
  const leader = main && table.find((process) => process.pid === main.pid);
  const groupId = main && (!leader || leader.startTicks === main.startTicks) ? main.pid : null;

  const roots = table.filter(
    (process) => process.groupId === groupId || process.marker === name || known.has(identityKey(process)),
  );
  return withDescendants(table, roots);
}

export interface CpuAccount {
  /** CPU time of ended members that is not included in that of a living member. */
  readonly endedUsec: number;
  readonly last: readonly ProcessInfo[];
}

export const NO_CPU: CpuAccount = { endedUsec: 0, last: [] };

/**
 * The CPU time of a process includes the children it waited for. If the parent of an ended process is alive, its time is
 * included there; otherwise its last reading is added.
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
