// The driver for hosts without usable cgroups: it sets no limits, but watches and signals processes.
import { type DriverModule, noCpuShare } from '../driver-module.ts';
import { groupNone } from './group.ts';
import { groupsNone } from './groups.ts';

export const NONE: DriverModule = {
  probe: ({ processes }) => ({
    answers: [
      {
        what: 'no cgroups',
        ok: true,
        reason:
          'tasks are sampled and killed by signals. Their memory, CPU and process count are not limited',
        fix: null,
      },
    ],
    usable: {
      groups: groupsNone(processes),
      enforces: {
        memory: false,
        swap: false,
        cpu: false,
        pids: false,
        // By SIGSTOP, which a task can undo.
        freeze: true,
        io: false,
        wholeGroupOom: false,
      },
      parents: [],
      shareCpu: noCpuShare,
    },
  }),
  open: groupNone,
  openParentMemory: () => null,
};
