// Chooses the driver of this host: the first of the preferred ones that works.
import { DRIVER_KINDS, type DriverKind, type GroupRef } from '../core/task.ts';
import { processTable } from '../procfs/process/process-table.ts';
import { removeIfEmpty } from './cgroupfs.ts';
import type { DriverHost, DriverModule, ShareCpu, UsableDriver } from './driver-module.ts';
import { DRIVERS } from './drivers.ts';
import { type OuterLimits, outerLimits } from './outer-limits.ts';
import { ownGroups } from './own-groups.ts';
import { type Driver, DriverError, type ProbeAnswer, type ProbeResult, type Units } from './port.ts';
import { follow } from './strays/follow.ts';
import { driverUnit } from './systemd/driver.ts';
import { probeUnits } from './systemd/probe.ts';

export interface OpenOptions {
  readonly cgroupRoot?: string;
  readonly procRoot?: string;
  /** The parent group is `babysit-<tag>`. Each daemon has its own, so that two never see each other's groups. */
  readonly tag: string;
  readonly want?: 'auto' | DriverKind;
}

export interface OpenedDriver {
  readonly driver: Driver;
  /** Null when systemd cannot start units for tasks; `noUnits` holds the reason. */
  readonly units: Units | null;
  readonly noUnits: string | null;
  readonly probe: ProbeResult;
  readonly shareCpu: ShareCpu;
  readonly outer: OuterLimits;
  /** Removes the parent group if it is empty. */
  close(): void;
}

/** Never fails: the driver `none` always works, and the answers give the reason for it. */
export function openDriver(options: OpenOptions): OpenedDriver {
  const { cgroupRoot = '/sys/fs/cgroup', procRoot = '/proc', tag, want = 'auto' } = options;
  const processes = processTable(procRoot);
  const own = ownGroups({ cgroupRoot, procRoot, tag });
  const { answers, usable } = choose({ own, procRoot, processes }, want);
  const { groups, enforces, parents, shareCpu } = usable;
  const { answer, parent } = probeUnits(own.v2, cgroupRoot);
  const units = parent === null ? null : driverUnit(parent);
  return {
    driver: {
      ...groups,
      create: (name, limits) => follow(groups.create(name, limits), processes),
      open: (ref) => follow(moduleOf(ref).open(ref, processes), processes),
      openParentMemory: (ref) => moduleOf(ref).openParentMemory(ref),
    },
    units: units && { ...units, create: (...args) => follow(units.create(...args), processes) },
    noUnits: parent === null ? answer.reason : null,
    probe: { chosen: groups.kind, answers: [...answers, answer], enforces },
    shareCpu,
    outer: outerLimits(own),
    close() {
      for (const directory of parents) removeIfEmpty(directory);
    },
  };
}

function moduleOf({ driver }: GroupRef): DriverModule {
  const found = DRIVER_KINDS.find((kind) => kind === driver);
  if (found !== undefined) return DRIVERS[found];
  throw new DriverError('EREF', driver, `${driver} is not a driver of cgroups`);
}

function choose(
  host: DriverHost,
  want: 'auto' | DriverKind,
): { readonly answers: readonly ProbeAnswer[]; readonly usable: UsableDriver } {
  const answers: ProbeAnswer[] = [];
  // The setting systemd concerns the units of tasks; the daemon then needs a driver for its other tasks.
  const isAny = want === 'auto' || want === 'systemd';
  const wanted = DRIVER_KINDS.filter((kind) => isAny || kind === want);
  for (const kind of [...wanted, 'none'] as const) {
    const probed = DRIVERS[kind].probe(host);
    answers.push(...probed.answers);
    if (probed.usable !== null) return { answers, usable: probed.usable };
  }
  throw new Error('the driver none is not usable');
}
