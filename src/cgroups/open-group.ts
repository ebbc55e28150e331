// Opens a group from its reference alone, whichever driver wrote it: a host may change drivers while a task is remembered.
import type { GroupRef } from '../core/task.ts';
import type { ProcessTable } from '../procfs/process-table.ts';
import { groupNone } from './none/group.ts';
import type { Group } from './port.ts';
import { groupUnit } from './systemd/group.ts';
import { groupV1 } from './v1/group.ts';
import { groupV2 } from './v2/group.ts';

export function openGroup(ref: GroupRef, processes: ProcessTable): Group {
  switch (ref.driver) {
    case 'v2':
      return groupV2(ref);
    case 'v1':
      return groupV1(ref);
    case 'systemd':
      return groupUnit(ref, null);
    case 'none':
      return groupNone(ref, processes);
  }
}
