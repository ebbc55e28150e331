// Finds the daemon's group in every hierarchy, and the group in which to create the parent of the tasks' groups.
import { read } from './cgroupfs.ts';
import { type CgroupMount, directoryOf, type Membership, parseMemberships, parseMounts } from './mounts.ts';

export interface ProbeHost {
  readonly cgroupRoot: string;
  readonly procRoot: string;
  /** The parent group is `babysit-<tag>`. */
  readonly tag: string;
}

/** The leaf group of a daemon that owns a v2 subtree; see DelegateSubgroup= in systemd.resource-control(5). */
export const SUPERVISOR = 'supervisor';

export interface OwnGroup {
  /** Absolute directory that holds the parent group. */
  readonly base: string;
  /** Absolute directory where the hierarchy is mounted: the outermost group that the daemon sees. */
  readonly top: string;
  /** Absolute directory of the parent group. */
  readonly parent: string;
  /** The daemon is inside the parent group, as when a task started it. */
  readonly insideParent: boolean;
}

export interface OwnGroups {
  readonly v2: OwnGroup | null;
  /** Returns null when the controller has no visible v1 hierarchy. */
  v1(controller: string): OwnGroup | null;
}

export function ownGroups({ cgroupRoot, procRoot, tag }: ProbeHost): OwnGroups {
  const memberships = parseMemberships(read(`${procRoot}/self/cgroup`) ?? '');
  const mounts = parseMounts(read(`${procRoot}/self/mountinfo`) ?? '').filter(
    ({ mountPoint }) => mountPoint === cgroupRoot || mountPoint.startsWith(`${cgroupRoot}/`),
  );
  const locate = (mount: CgroupMount | undefined, membership: Membership | undefined): OwnGroup | null => {
    if (!mount || !membership) return null;
    const base = directoryOf(mount, basePath(membership.path, tag));
    if (base === null) return null;
    return {
      base,
      top: mount.mountPoint,
      parent: `${base === '/' ? '' : base}/${parentName(tag)}`,
      insideParent: membership.path.split('/').includes(parentName(tag)),
    };
  };
  return {
    v2: locate(
      mounts.find((mount) => mount.version === 2),
      memberships.find(({ controllers }) => controllers.length === 0),
    ),
    v1: (controller) =>
      locate(
        mounts.find((mount) => mount.version === 1 && mount.controllers.includes(controller)),
        memberships.find(({ controllers }) => controllers.includes(controller)),
      ),
  };
}

/**
 * The base of an earlier daemon with the same tag if the daemon is below it: a daemon started by a task, or from the
 * leaf group, must not nest its groups there.
 */
export function basePath(path: string, tag: string): string {
  const parts = path.split('/');
  const ours = parts.indexOf(parentName(tag));
  if (ours >= 0) return parts.slice(0, ours).join('/') || '/';
  if (parts.at(-1) === SUPERVISOR) return parts.slice(0, -1).join('/') || '/';
  return path;
}

function parentName(tag: string): string {
  return `babysit-${tag}`;
}
