// Opens a group by its reference for any driver: the host's driver may change while a task is live.
import type { GroupRef } from '../core/task.ts';
import { groupNone } from './none/group.ts';
import type { Group } from './port.ts';
import type { ProcessTable } from './processes.ts';
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
