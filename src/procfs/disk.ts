// Space on the disk where babysit keeps its state.
import { statfsSync } from 'node:fs';

/** Bytes a process without privileges may still write below `path`. */
export function freeDiskBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

export interface DiskUse {
  /** What processes without privileges can use at all: blocks reserved for root left out, as in the percentage of df(1). */
  readonly totalBytes: number;
  readonly usedBytes: number;
}

/** The file system that holds `path`; null when it does not tell its size (some network and virtual ones). */
export function readDiskUse(path: string): DiskUse | null {
  const { blocks, bfree, bavail, bsize } = statfsSync(path);
  const usedBytes = (blocks - bfree) * bsize;
  const totalBytes = usedBytes + bavail * bsize;
  return blocks === 0 ? null : { totalBytes, usedBytes };
}
