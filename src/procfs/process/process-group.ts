// Signals a process group and checks whether all its processes are stopped.
import { listPids } from '../proc-files.ts';
import { psProcesses } from './ps.ts';
import { readStat } from './stat.ts';

/** Returns false when the group does not exist. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch {
    return false;
  }
}

/** True if every process of the group is stopped (T) or dead (Z, X). */
export function isGroupStopped(groupId: number): boolean {
  return statesOf(groupId).every((state) => /^[TZX]/.test(state));
}

function statesOf(groupId: number): string[] {
  const all = process.platform === 'linux' ? listPids().map((pid) => readStat(pid)) : psProcesses();
  return all.flatMap((found) => (found?.groupId === groupId ? [found.state] : []));
}
