// Signals a process or a process group, and checks whether all processes of a group are stopped.
import { readFileSync } from 'node:fs';
import { listPids, readProcFile } from '../proc-files.ts';
import { OUT_OF_DESCRIPTORS, type ProcessIdentity } from './process-identity.ts';
import { psProcesses } from './ps.ts';
import { parseStat, readStat } from './stat.ts';

/** Returns false when the group does not exist. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): boolean {
  return signalProcess(-groupId, signal);
}

/** Returns false when the process does not exist. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Signals the processes below a process; with SIGCONT only those that are stopped. `levels`: 1 for its children. */
export function signalBelow(pid: number, levels: number, signal: NodeJS.Signals): void {
  for (const child of levels > 0 ? childrenOf(pid) : []) {
    signalBelow(child, levels - 1, signal);
    if (signal !== 'SIGCONT' || readStat(child)?.state === 'T') signalProcess(child, signal);
  }
}

export function stoppedChildren(pid: number): number[] {
  return childrenOf(pid).filter((child) => readStat(child)?.state === 'T');
}

/** Children of its main thread; none where the kernel does not list them (CONFIG_PROC_CHILDREN). */
function childrenOf(pid: number): number[] {
  const listed = readProcFile(pid, `task/${pid}/children`)?.trim() ?? '';
  return listed === '' ? [] : listed.split(' ').map(Number);
}

/** True if every process of the group is stopped (T) or dead (Z, X). */
export function isGroupStopped(groupId: number): boolean {
  return statesOf(groupId).every((state) => /^[TZX]/.test(state));
}

/** True while processes of a group live although its leader has ended. */
export function hasSurvivors({ pid, groupId, startTicks }: ProcessIdentity): boolean {
  if (groupId !== pid) return false;
  // The number of a group is not reused while a process is in it: another process with it means that the group is gone.
  const leader = process.platform === 'linux' ? readStat(pid) : null;
  if (leader !== null && leader.startTicks !== startTicks) return false;
  return statesOf(pid).some((state) => !/^[ZX]/.test(state));
}

function statesOf(groupId: number): string[] {
  // Most groups that are asked for have gone, and a look at every process of the host takes 20 to 40 us for each.
  if (!hasProcess(groupId)) return [];
  if (process.platform !== 'linux')
    return psProcesses().flatMap((found) => (found.groupId === groupId ? [found.state] : []));
  return pidsOrNull()?.flatMap((pid) => stateIn(groupId, pid)) ?? [UNKNOWN];
}

/** Empty for a process that has ended or is in another group. */
function stateIn(groupId: number, pid: number): string[] {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat?.groupId === groupId ? [stat.state] : [];
  } catch (error) {
    return OUT_OF_DESCRIPTORS.has((error as NodeJS.ErrnoException).code) ? [UNKNOWN] : [];
  }
}

/** No descriptor is left to look: neither stopped nor dead. */
const UNKNOWN = '?';

function pidsOrNull(): number[] | null {
  try {
    return listPids();
  } catch {
    return null;
  }
}

/** Zombies count. */
function hasProcess(groupId: number): boolean {
  try {
    return process.kill(-groupId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
