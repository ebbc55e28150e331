// Free space where babysit keeps its state.
import { statfsSync } from 'node:fs';

/** Bytes a process without privileges may still write below `path`. */
export function freeDiskBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
