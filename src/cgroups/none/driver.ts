// The driver of hosts without usable cgroups: nothing is capped, everything is watched and can be signalled.

import type { ProcessTable } from '../../procfs/process-table.ts';
import { openGroup } from '../open-group.ts';
import type { Driver } from '../port.ts';
import { checkName } from '../ref.ts';
import { groupNone } from './group.ts';

export function driverNone(processes: ProcessTable): Driver {
  return {
    kind: 'none',
    create(name) {
      return groupNone({ driver: 'none', name: checkName(name), pid: null, startTicks: null }, processes);
    },
    open: (ref) => openGroup(ref, processes),
    // A process group has no parent to look under; a stray is found through the reference its task recorded.
    list: () => [],
  };
}
