// Reads the size and use of a file system.
import { statfsSync } from 'node:fs';

/** Bytes that an unprivileged process can write below `path`. */
export function freeDiskBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

interface DiskUse {
  /** Without the blocks reserved for root, as in the percentage of df(1). */
  readonly totalBytes: number;
  readonly usedBytes: number;
}

/** Returns null for a file system that reports no size (some network and virtual ones). */
export function readDiskUse(path: string): DiskUse | null {
  const { blocks, bfree, bavail, bsize } = statfsSync(path);
  const usedBytes = (blocks - bfree) * bsize;
  const totalBytes = usedBytes + bavail * bsize;
  return blocks === 0 ? null : { totalBytes, usedBytes };
}
