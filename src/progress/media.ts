// ffmpeg tells the length of its input at the beginning and how far it is in every line after: only both are progress.

import { durationAt } from './duration.ts';
import { type Count, countOf } from './reading.ts';

/** The length in ms when the line is `Duration: 00:10:00.00, start: …`. */
export function mediaLengthMs(line: string): number | null {
  const found = /^\s*Duration: (\d+:\d\d:\d\d)\.\d+, (?:start|bitrate)/.exec(line);
  return found === null ? null : durationAt(found[1] ?? '');
}

/** `frame=  123 fps= 25 … time=00:00:04.92 bitrate=1705.1kbits/s speed=1.01x` */
export function mediaCount(line: string, lengthMs: number): Count | null {
  const found = /\btime=(\d+:\d\d:\d\d)\.\d+ bitrate=/.exec(line);
  const atMs = found === null ? null : durationAt(found[1] ?? '');
  return atMs === null || lengthMs === 0 ? null : countOf(null, null, atMs / lengthMs);
}
