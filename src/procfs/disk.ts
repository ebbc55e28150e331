// Reads the size and use of a file system.
import { type StatsFs, statfsSync } from 'node:fs';

export interface FreeDisk {
  /** What an unprivileged process can write. */
  readonly bytes: number;
  /** How many files can be made; Infinity on a file system without a fixed number (btrfs). */
  readonly inodes: number;
}

const UNKNOWN: FreeDisk = { bytes: Number.POSITIVE_INFINITY, inodes: Number.POSITIVE_INFINITY };

/** The least of what is free at the paths. A path that cannot be examined does not count. */
export function readFreeDisk(...paths: readonly string[]): FreeDisk {
  return paths.map(freeAt).reduce((least, free) => ({
    bytes: Math.min(least.bytes, free.bytes),
    inodes: Math.min(least.inodes, free.inodes),
  }));
}

function freeAt(path: string): FreeDisk {
  const stat = statfs(path);
  if (stat === null) return UNKNOWN;
  return { bytes: stat.bavail * stat.bsize, inodes: stat.files === 0 ? UNKNOWN.inodes : stat.ffree };
}

export interface DiskUse {
  /** Without the blocks reserved for root, as in the percentage of df(1). */
  readonly totalBytes: number;
  readonly usedBytes: number;
  /** Null on a file system without a fixed number of inodes. */
  readonly inodes: { readonly total: number; readonly used: number } | null;
}

/** Returns null for a file system that reports no size (some network and virtual ones) or cannot be examined. */
export function readDiskUse(path: string): DiskUse | null {
  const stat = statfs(path);
  if (stat === null || stat.blocks === 0) return null;
  const { blocks, bfree, bavail, bsize, files, ffree } = stat;
  const usedBytes = (blocks - bfree) * bsize;
  const totalBytes = usedBytes + bavail * bsize;
  return { totalBytes, usedBytes, inodes: files === 0 ? null : { total: files, used: files - ffree } };
}

/** Null when the path was moved or deleted, or its disk does not answer. */
function statfs(path: string): StatsFs | null {
  try {
    return statfsSync(path);
  } catch {
    return null;
  }
}
