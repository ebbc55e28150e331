// Says which limit will end a running task next, and how near it is.
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import { KILL_FACTOR } from '../../src/core/estimate.ts';
import { formatDuration } from '../../src/units/duration.ts';
import { formatSize } from '../../src/units/size.ts';
import { killClocks } from '../client/kill-clocks.ts';
import { coarse } from './coarse.ts';
import type { Tone } from './spans.ts';

export interface NextKill {
  readonly text: string;
  readonly tone: Tone;
  /** Part of a sentence about the task. */
  readonly why: string;
  /** For sorting: the time left; 0 for a use of memory or CPU that may end the task within seconds. */
  readonly leftMs: number;
}

/** A share of the limit of memory from which the next growth may end the task. */
const NEAR_SHARE = 0.9;
const WARN_SHARE = 0.25;
const BAD_SHARE = 0.1;

/** Returns null when no limit runs: the task is paused, or its clocks have no end. */
export function nextKill(task: LiveTask): NextKill | null {
  if (task.kill_reason !== null)
    return {
      text: 'now',
      tone: 'bad',
      why: `and the watchdog or a user ends it: ${task.kill_reason}`,
      leftMs: -1,
    };
  const { mem_bytes: mem, mem_max_bytes: cap } = task;
  if (mem !== null && cap !== null && mem >= NEAR_SHARE * cap)
    return {
      text: `mem ${Math.round((100 * mem) / cap)}%`,
      tone: 'bad',
      why: `at its memory cap of ${formatSize(cap)}: the kernel kills it when it grows further`,
      leftMs: 0,
    };
  if (task.status !== 'running' || task.held_at !== null) return null;
  for (const [what, use, estimate] of [
    ['mem', mem ?? 0, task.estimated_mem_bytes],
    ['cpu', task.cpu_cores ?? 0, task.estimated_cpu_cores],
  ] as const)
    if (use > KILL_FACTOR * estimate)
      return {
        text: `${what} ${(use / estimate).toFixed(1)}x`,
        tone: 'bad',
        why: `and uses ${(use / estimate).toFixed(1)} x its estimate of ${what === 'mem' ? 'memory' : 'CPU'}: the watchdog kills above ${KILL_FACTOR} x`,
        leftMs: 0,
      };
  const [first] = killClocks(task);
  if (first === undefined) return null;
  const share = first.leftMs / first.limitMs;
  const tone: Tone = share < BAD_SHARE ? 'bad' : share < WARN_SHARE ? 'warn' : 'dim';
  const time = coarse(Math.max(0, first.leftMs));
  const limit = formatDuration(first.limitMs);
  const why =
    first.what === 'time'
      ? `killed in ${time}, at its kill timeout of ${limit}`
      : `killed in ${time}, after ${limit} without output`;
  return { text: `${time} ${first.what}`, tone, why, leftMs: first.leftMs };
}
