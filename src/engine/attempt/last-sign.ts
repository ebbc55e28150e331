// The last sign of life of an attempt that ended while no daemon watched it: with the host, or unseen.
import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Attempt } from '../../core/task.ts';
import { heartbeatFile } from './heartbeat.ts';
import type { AttemptPaths } from './paths.ts';

/**
 * Epoch ms, from the start to `nowMs`: the newest change of its log, its records, its progress and its heartbeats, which the
 * daemon writes every minute. The time after it is unknown and does not count as running time.
 */
export function lastSignOfLife(paths: AttemptPaths, attempt: Attempt, nowMs: number): number {
  const files = [paths.log, paths.progressFile, join(paths.dir, 'claim'), heartbeatFile(dirname(paths.dir))];
  const startedAt = attempt.startedAt ?? attempt.dispatchedAt;
  return Math.min(nowMs, Math.max(startedAt, ...files.map(changedAt)));
}

/** 0 without the file, or when it cannot be examined. Does not follow a link that the task has put in its place. */
function changedAt(path: string): number {
  try {
    return Math.round(lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  } catch {
    return 0;
  }
}
