// Reads the caps of a task from the cgroup of its process.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { directoryOf, parseMemberships, parseMounts } from '../../src/cgroups/mounts.ts';

/** `v1`: controller and file; `v2`: file. Returns null when this kernel has no such file. */
export function groupFile(
  pid: number,
  v1: readonly [controller: string, file: string],
  v2: string,
): string | null {
  const [controller, file] = v1;
  const groups = parseMemberships(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
  const mounts = parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  const inV1 = groups.find(({ controllers }) => controllers.includes(controller));
  const group = inV1 ?? groups.find(({ controllers }) => controllers.length === 0);
  const mount = mounts.find(({ version, controllers }) =>
    inV1 === undefined ? version === 2 : controllers.includes(controller),
  );
  const directory = group && mount ? directoryOf(mount, group.path) : null;
  if (directory === null) throw new Error(`the group of process ${pid} is not mounted here`);
  try {
    return readFileSync(join(directory, inV1 === undefined ? v2 : file), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export function isV1(pid: number): boolean {
  return /:memory:/.test(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
}
