// What the folder of a driver exports: how to try it on this host, and how to open a group of it.
import type { GroupRef } from '../core/task.ts';
import type { ProcessTable } from '../procfs/process/process-table.ts';
import type { Errno } from './cgroupfs.ts';
import type { OwnGroups } from './own-groups.ts';
import type { Enforces, Group, GroupFactory, GroupMemory, ProbeAnswer } from './port.ts';

/** `usable` is null when the driver does not work on this host; the answers hold the reason and the fix. */
export interface Probed<Parent> {
  readonly answers: readonly ProbeAnswer[];
  readonly usable: { readonly parent: Parent; readonly enforces: Enforces } | null;
}

/** The CPU of all tasks together: the settings of their parent group. */
export interface CpuShare {
  /** Null for no limit. */
  readonly maxCores: number | null;
  /** 1 to 10000 as in cpu.weight; the groups beside the parent have 100. */
  readonly weight: number;
  /** All tasks get only CPU time that no other group wants (cpu.idle). */
  readonly isIdle: boolean;
}

/**
 * An earlier daemon may have created some of the `groups` under another parent, which gets the same share. Returns the
 * errno of a refusal, or null.
 */
export type ShareCpu = (share: CpuShare, groups: Iterable<GroupRef>) => Errno | null;

export const noCpuShare: ShareCpu = () => null;

export interface DriverHost {
  readonly own: OwnGroups;
  readonly procRoot: string;
  readonly processes: ProcessTable;
}

export interface UsableDriver {
  readonly groups: GroupFactory;
  readonly enforces: Enforces;
  /** Directories of the parent group. */
  readonly parents: readonly string[];
  readonly shareCpu: ShareCpu;
}

/** The entry of a driver's folder. */
export interface DriverModule {
  /** Tries the driver on this host. */
  probe(host: DriverHost): { readonly answers: readonly ProbeAnswer[]; readonly usable: UsableDriver | null };
  /** Opens an existing or removed group. */
  open(ref: GroupRef, processes: ProcessTable): Group;
  /** See `Driver.openParentMemory`. */
  openParentMemory(ref: GroupRef): GroupMemory | null;
}
