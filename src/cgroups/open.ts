// Chooses the driver: tries v2, v1 and none in this order.
import type { GroupRef } from '../core/task.ts';
import { type ProcessTable, processTable } from '../procfs/process-table.ts';
import { removeIfEmpty } from './cgroupfs.ts';
import { driverNone } from './none/driver.ts';
import { groupNone } from './none/group.ts';
import { type OwnGroups, ownGroups } from './own-groups.ts';
import type { Driver, Group, GroupFactory, ProbeAnswer, ProbeResult, Units } from './port.ts';
import { driverUnit } from './systemd/driver.ts';
import { groupUnit } from './systemd/group.ts';
import { probeUnits } from './systemd/probe.ts';
import { type CapTotalCpu, noTotalCpu, totalCpuV1, totalCpuV2 } from './total-cpu.ts';
import { driverV1 } from './v1/driver.ts';
import { distinct, groupV1 } from './v1/group.ts';
import { probeV1 } from './v1/probe.ts';
import { driverV2 } from './v2/driver.ts';
import { groupV2 } from './v2/group.ts';
import { probeV2 } from './v2/probe.ts';

export interface OpenOptions {
  readonly cgroupRoot?: string;
  readonly procRoot?: string;
  /** The parent group is `babysit-<tag>`. Each daemon has its own, so that two never see each other's groups. */
  readonly tag: string;
  readonly want?: 'auto' | Driver['kind'];
}

export interface OpenedDriver {
  readonly driver: Driver;
  /** Null when systemd cannot start units for tasks; `noUnits` holds the reason. */
  readonly units: Units | null;
  readonly noUnits: string | null;
  readonly probe: ProbeResult;
  readonly capTotalCpu: CapTotalCpu;
  /** Removes the parent group if it is empty. */
  close(): void;
}

/** Never fails: the driver `none` always works, and the answers give the reason for it. */
export function openDriver(options: OpenOptions): OpenedDriver {
  const { cgroupRoot = '/sys/fs/cgroup', procRoot = '/proc', tag, want = 'auto' } = options;
  const processes = processTable(procRoot);
  const own = ownGroups({ cgroupRoot, procRoot, tag });
  const chosen = choose(own, want, procRoot, processes);
  const { answer, parent } = probeUnits(own.v2, cgroupRoot);
  return {
    driver: { ...chosen.driver, open: (ref) => openGroup(ref, processes) },
    units: parent === null ? null : driverUnit(parent),
    noUnits: parent === null ? answer.reason : null,
    probe: { chosen: chosen.driver.kind, answers: [...chosen.answers, answer], enforces: chosen.enforces },
    capTotalCpu: chosen.capTotalCpu,
    close() {
      for (const directory of chosen.parents) removeIfEmpty(directory);
    },
  };
}

function openGroup(ref: GroupRef, processes: ProcessTable): Group {
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

interface Chosen {
  readonly driver: GroupFactory;
  readonly answers: readonly ProbeAnswer[];
  readonly enforces: ProbeResult['enforces'];
  readonly parents: readonly string[];
  readonly capTotalCpu: CapTotalCpu;
}

function choose(
  own: OwnGroups,
  want: OpenOptions['want'],
  procRoot: string,
  processes: ProcessTable,
): Chosen {
  const answers: ProbeAnswer[] = [];
  if (want === 'auto' || want === 'v2') {
    const { answers: said, usable } = probeV2(own.v2, procRoot);
    answers.push(...said);
    if (usable) {
      const { parent, enforces } = usable;
      const capTotalCpu = parent.controllers.has('cpu') ? totalCpuV2(parent.path) : noTotalCpu;
      return {
        driver: driverV2(parent),
        answers,
        enforces,
        parents: [parent.path],
        capTotalCpu,
      };
    }
  }
  if (want === 'auto' || want === 'v1') {
    const { answers: said, usable } = probeV1(own);
    answers.push(...said);
    if (usable) {
      const { parent, enforces } = usable;
      return {
        driver: driverV1(parent),
        answers,
        enforces,
        parents: distinct(parent),
        capTotalCpu: totalCpuV1(parent),
      };
    }
  }
  return {
    driver: driverNone(processes),
    answers: [...answers, FALLBACK],
    enforces: NOTHING,
    parents: [],
    capTotalCpu: noTotalCpu,
  };
}

const FALLBACK: ProbeAnswer = {
  what: 'no cgroups',
  ok: true,
  reason: 'tasks are sampled and killed by signals. Their memory, CPU and process count are not limited',
  fix: null,
};

const NOTHING: ProbeResult['enforces'] = {
  memory: false,
  swap: false,
  cpu: false,
  pids: false,
  // By SIGSTOP, which a task can undo.
  freeze: true,
  io: false,
  wholeGroupOom: false,
};
