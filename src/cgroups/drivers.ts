// The drivers. A new one is a folder and a line here, and its name in DRIVER_KINDS.
import type { DriverKind } from '../core/task.ts';
import type { DriverModule } from './driver-module.ts';
import { NONE } from './none/driver.ts';
import { SYSTEMD } from './systemd/driver.ts';
import { V1 } from './v1/driver.ts';
import { V2 } from './v2/driver.ts';

/** In order of preference. The last one always works. */
export const DRIVERS: Readonly<Record<DriverKind, DriverModule>> = {
  v2: V2,
  v1: V1,
  systemd: SYSTEMD,
  none: NONE,
};
