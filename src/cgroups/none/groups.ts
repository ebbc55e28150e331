// Makes groups of hosts without usable cgroups: no limits, but processes that can be watched and signaled.
import type { ProcessTable } from '../../procfs/process/process-table.ts';
import type { GroupFactory } from '../port.ts';
import { checkName } from '../ref.ts';
import { groupNone } from './group.ts';

export function groupsNone(processes: ProcessTable): GroupFactory {
  return {
    kind: 'none',
    create(name) {
      return groupNone({ driver: 'none', name: checkName(name), pid: null, startTicks: null }, processes);
    },
    // A process group has no parent directory to list. Processes are found by the reference in the database.
    list: () => [],
  };
}
