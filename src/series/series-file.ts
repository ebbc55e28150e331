// Reads and writes the file of one series. A damaged, replaced or missing file costs points, never an error.
import { closeSync, read, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { isFileError } from '../core/shortages.ts';
import { NotARegularFile, openRegular } from '../files/regular-file.ts';
import type { Field, Point } from './fields.ts';
import { decode, encode, fileBytes, pointBytes } from './slots.ts';

const readAt = promisify(read);

/** `tiers`: new points of each tier, oldest first. */
export function writePoints(
  path: string,
  fields: readonly Field[],
  tiers: readonly (readonly Point[])[],
): void {
  const chunks = tiers.flatMap((points, tier) => encode(tier, fields, points));
  const fd = chunks.length === 0 ? null : open(path, 'create');
  if (fd === null) return;
  try {
    for (const { offset, bytes } of chunks) writeSync(fd, bytes, 0, bytes.length, offset);
  } catch (error) {
    if (!isFileError(error)) throw error;
  } finally {
    closeSync(fd);
  }
}

/** The points of each tier until `untilMs`; none where the file cannot be read. */
export async function readPoints(
  path: string,
  fields: readonly Field[],
  untilMs: number,
): Promise<Point[][]> {
  const fd = open(path, 'read');
  if (fd === null) return [];
  try {
    const numbers = new Float64Array(fileBytes(fields) / Float64Array.BYTES_PER_ELEMENT);
    const { bytesRead } = await readAt(fd, new Uint8Array(numbers.buffer), 0, numbers.byteLength, 0);
    const whole = Math.floor(bytesRead / pointBytes(fields)) * (1 + fields.length);
    return decode(fields, numbers.subarray(0, whole), untilMs);
  } catch (error) {
    if (!isFileError(error)) throw error;
    return [];
  } finally {
    closeSync(fd);
  }
}

/** Null when the file is missing, replaced or refused. */
function open(path: string, mode: 'create' | 'read'): number | null {
  try {
    return openRegular(path, mode);
  } catch (error) {
    if (!isFileError(error) && !(error instanceof NotARegularFile)) throw error;
    return null;
  }
}
