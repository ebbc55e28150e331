// Chooses the driver of this host by trying them, best first: v2, v1, none.
import { removeIfEmpty } from './cgroupfs.ts';
import type { Driver, ProbeAnswer, ProbeResult } from './driver.ts';
import { driverNone } from './driver-none.ts';
import { driverV1 } from './driver-v1.ts';
import { driverV2 } from './driver-v2.ts';
import { distinct } from './group-v1.ts';
import { ownGroups } from './own-groups.ts';
import { probeV1 } from './probe-v1.ts';
import { probeV2 } from './probe-v2.ts';
import { type ProcessTable, processTable } from './processes.ts';

export interface OpenOptions {
  readonly cgroupRoot?: string;
  readonly procRoot?: string;
  /** Names our parent group, `babysit-<tag>`: one per daemon, so that two never see each other's groups. */
  readonly tag: string;
  readonly want?: 'auto' | Driver['kind'];
}

export interface OpenedDriver {
  readonly driver: Driver;
  readonly probe: ProbeResult;
  /** Removes our parent group if no task's group is left in it. */
  close(): void;
}

/** Never fails: `none` is always there, and the answers say why it had to be. */
export function openDriver(options: OpenOptions): OpenedDriver {
  const { cgroupRoot = '/sys/fs/cgroup', procRoot = '/proc', tag, want = 'auto' } = options;
  const processes = processTable(procRoot);
  const own = ownGroups({ cgroupRoot, procRoot, tag });
  const answers: ProbeAnswer[] = [];

  if (want === 'auto' || want === 'v2') {
    const { answers: said, usable } = probeV2(own.v2, procRoot);
    answers.push(...said);
    if (usable) {
      const driver = driverV2(usable.parent, processes);
      return opened(driver, answers, usable.enforces, [usable.parent.path]);
    }
  }
  if (want === 'auto' || want === 'v1') {
    const { answers: said, usable } = probeV1(own);
    answers.push(...said);
    if (usable) {
      return opened(driverV1(usable.parent, processes), answers, usable.enforces, distinct(usable.parent));
    }
  }
  return openedNone(processes, answers);
}

function openedNone(processes: ProcessTable, answers: readonly ProbeAnswer[]): OpenedDriver {
  const fallback: ProbeAnswer = {
    what: 'no cgroups',
    ok: true,
    reason:
      'tasks are watched by sampling and ended by signals; nothing caps their memory, CPU or process count',
    mend: null,
  };
  const enforces = {
    memory: false,
    swap: false,
    cpu: false,
    pids: false,
    // SIGSTOP to every process: a task can undo it.
    freeze: true,
    io: false,
    wholeGroupOom: false,
  };
  return opened(driverNone(processes), [...answers, fallback], enforces, []);
}

function opened(
  driver: Driver,
  answers: readonly ProbeAnswer[],
  enforces: ProbeResult['enforces'],
  parents: readonly string[],
): OpenedDriver {
  return {
    driver,
    probe: { chosen: driver.kind, answers, enforces },
    close() {
      for (const parent of parents) removeIfEmpty(parent);
    },
  };
}
