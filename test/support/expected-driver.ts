// Which cgroup driver babysit must find on this machine, so that a weaker one is a failure.
import { existsSync } from 'node:fs';
import type { Driver } from '../../src/cgroups/port.ts';

/** For the `skip` of a test that compares the driver. */
export const UNKNOWN_DRIVER = 'set BABYSIT_TEST_DRIVER: only for root is the driver known';

/** BABYSIT_TEST_DRIVER, else the driver for root. Returns null when the user is not root: it depends on delegation. */
export function expectedDriver(): Exclude<Driver['kind'], 'systemd'> | null {
  const named = process.env.BABYSIT_TEST_DRIVER;
  if (named === 'v2' || named === 'v1' || named === 'none') return named;
  if (process.getuid?.() !== 0) return null;
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return 'v2';
  return existsSync('/sys/fs/cgroup/memory') ? 'v1' : 'none';
}
