// Which cgroup driver this machine must give to its tests, so that falling back to a weaker one is a failure.
import { existsSync } from 'node:fs';
import type { Driver } from '../../src/cgroups/port.ts';

/** BABYSIT_TEST_DRIVER, else what root gets here. Null: nobody can say (not root, so it hangs on delegation). */
export function expectedDriver(): Driver['kind'] | null {
  const told = process.env.BABYSIT_TEST_DRIVER;
  if (told === 'v2' || told === 'v1' || told === 'none') return told;
  if (process.getuid?.() !== 0) return null;
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return 'v2';
  return existsSync('/sys/fs/cgroup/memory') ? 'v1' : 'none';
}
