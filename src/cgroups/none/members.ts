// Finds the processes of a group without a cgroup, and sums up their CPU time. Pure.
import { addReading, type LastingSum, NOTHING_COUNTED, sumOf } from '../../procfs/lasting-sum.ts';
import type { ProcessIndex } from '../../procfs/process/process-index.ts';
import { identityKey, type ProcessInfo } from '../../procfs/process/process-table.ts';

export interface Main {
  readonly pid: number;
  readonly startTicks: number;
}

/**
 * Members are the process group of the main process, processes with the group's marker, earlier members, and all
 * descendants of these. A daemon that a task starts, and the tasks of that daemon, have another marker and are no members.
 * `main` is null until the command runs.
 */
export function membersOf(
  table: ProcessIndex,
  group: { readonly name: string; readonly main: Main | null; readonly known: ReadonlySet<string> },
): ProcessInfo[] {
  const { main, name, known } = group;
  // The kernel does not reuse a pid as long as its process group exists: another process with it means an empty group.
  const leader = main && table.withPid(main.pid);
  const groupId = main && (!leader || leader.startTicks === main.startTicks) ? main.pid : null;

  const earlier = [...known].flatMap((key) => {
    const process = table.withPid(Number.parseInt(key, 10));
    return process !== undefined && identityKey(process) === key ? [process] : [];
  });
  // What is known of the leader may be older than its process group.
  const ofMain = groupId === null ? [] : [...(leader ? [leader] : []), ...table.inGroup(groupId)];
  const roots = [...ofMain, ...table.withMarker(name), ...earlier];
  return table.withDescendants(
    roots,
    ({ marker, pid }) => marker === null || marker === name || pid === groupId,
  );
}

export const NO_CPU = NOTHING_COUNTED;

/** The CPU time of a process includes the children it waited for. */
export function accountCpu(account: LastingSum, now: readonly ProcessInfo[]): LastingSum {
  return addReading(
    account,
    now.map((process) => ({
      key: identityKey(process),
      pid: process.pid,
      ppid: process.ppid,
      value: process.cpuUsec,
    })),
  );
}

export function cpuUsecOf(account: LastingSum): number {
  return sumOf(account);
}
