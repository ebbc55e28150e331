// Compresses a rotated part of a log.
import { createReadStream, createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { PACKING, packedPath } from './parts.ts';

/** Of text the lowest level already takes nine tenths, at a third of the default's CPU time. */
const LEVEL = constants.Z_BEST_SPEED;

/**
 * The packed file takes its name when it is whole and on the disk; only then the plain one goes. Whoever has that open
 * reads on. Rejects with what the file system says, ENOENT when the part was deleted meanwhile; an abort is an AbortError.
 */
export async function packPart(path: string, signal: AbortSignal): Promise<void> {
  const packing = `${path}${PACKING}`;
  try {
    await pipeline(
      createReadStream(path, { highWaterMark: 256 * 1024 }),
      createGzip({ level: LEVEL, chunkSize: 256 * 1024 }),
      createWriteStream(packing, { mode: 0o600, flush: true }),
      { signal },
    );
    // Deleted while it was packed: nobody wants the packed one either.
    await access(path);
    await rename(packing, packedPath(path));
  } catch (error) {
    await rm(packing, { force: true });
    throw error;
  }
  await rm(path, { force: true });
}
