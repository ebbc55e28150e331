// Where the daemon itself is in every hierarchy, and below which group its tasks' groups may be made.
import { read } from './cgroupfs.ts';
import { type CgroupMount, directoryOf, type Membership, parseMemberships, parseMounts } from './mounts.ts';

/** What a probe needs to know of the host. */
export interface ProbeHost {
  readonly cgroupRoot: string;
  readonly procRoot: string;
  /** Names our parent group, `babysit-<tag>`. */
  readonly tag: string;
}

/** The group a daemon that owns a v2 subtree moves itself into; systemd's DelegateSubgroup= may have done so. */
export const SUPERVISOR = 'supervisor';

export interface OwnGroup {
  /** Absolute directory of the group that our parent is made in. */
  readonly base: string;
  /** Absolute directory of our parent. */
  readonly parent: string;
  /** Whether the daemon sits inside a group of its own tasks, as when a task started it. */
  readonly insideParent: boolean;
}

export interface OwnGroups {
  readonly v2: OwnGroup | null;
  /** Null: the controller has no v1 hierarchy that is visible here. */
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
      parent: `${base === '/' ? '' : base}/${parentName(tag)}`,
      insideParent: isInside(membership.path, tag),
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
 * The group of an earlier daemon of the same tag is the place of the next one: what that one's tasks or its supervisor
 * leaf started must not nest its groups inside a task.
 */
export function basePath(path: string, tag: string): string {
  const parts = path.split('/');
  const ours = parts.indexOf(parentName(tag));
  if (ours >= 0) return parts.slice(0, ours).join('/') || '/';
  if (parts.at(-1) === SUPERVISOR) return parts.slice(0, -1).join('/') || '/';
  return path;
}

function isInside(path: string, tag: string): boolean {
  return path.split('/').includes(parentName(tag));
}

function parentName(tag: string): string {
  return `babysit-${tag}`;
}
