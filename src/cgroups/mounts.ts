// Parses the /proc files that list cgroup mounts and the groups of a process. Pure.

/** One line of /proc/<pid>/cgroup. `controllers` is empty for the v2 hierarchy. */
export interface Membership {
  readonly controllers: readonly string[];
  readonly path: string;
}

export function parseMemberships(text: string): Membership[] {
  return text.split('\n').flatMap((line) => {
    // hierarchy-ID:controller-list:path; the path may contain colons.
    const [, list, ...path] = line.split(':');
    if (list === undefined || path.length === 0) return [];
    return [{ controllers: list === '' ? [] : list.split(','), path: path.join(':') }];
  });
}

export interface CgroupMount {
  readonly version: 1 | 2;
  /** The group that is visible at the mount point; starts with `/..` when it is outside of the cgroup namespace. */
  readonly root: string;
  readonly mountPoint: string;
  readonly controllers: readonly string[];
}

/** The cgroup mounts of /proc/<pid>/mountinfo in mount order. The optional fields end at ` - `, see proc(5). */
export function parseMounts(text: string): CgroupMount[] {
  return text.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ');
    if (left === undefined || right === undefined) return [];
    const [, , , root, mountPoint] = left.split(' ');
    const [type, , options] = right.split(' ');
    if (root === undefined || mountPoint === undefined) return [];
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    return [
      {
        version: type === 'cgroup2' ? 2 : 1,
        root: unescapeOctal(root),
        mountPoint: unescapeOctal(mountPoint),
        controllers: type === 'cgroup2' ? [] : (options ?? '').split(','),
      },
    ];
  });
}

/** The directory of group `path` in `mount`; null when the mount does not show it. */
export function directoryOf(mount: CgroupMount, path: string): string | null {
  if (path.split('/').includes('..')) return null;
  if (mount.root === '/') return join(mount.mountPoint, path);
  if (path === mount.root) return mount.mountPoint;
  if (path.startsWith(`${mount.root}/`)) return join(mount.mountPoint, path.slice(mount.root.length));
  return null;
}

function join(mountPoint: string, path: string): string {
  return path === '/' ? mountPoint : `${mountPoint === '/' ? '' : mountPoint}${path}`;
}

/** The kernel writes space, tab, newline and backslash in octal: `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
