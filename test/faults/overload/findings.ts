// What an overload did, and which promises it broke.
import type { TaskView } from '../../../src/api/schemas/task.ts';
import type { InteractiveResult } from './interactive.ts';

export interface TaskResult {
  readonly task: TaskView;
  readonly wasHeld: boolean;
  readonly estimateBytes: number;
}

export interface Overload {
  readonly driver: string;
  readonly hostBytes: number;
  readonly results: readonly TaskResult[];
  readonly refused: number;
  /** Over half a second. */
  readonly fastestBytesPerS: number;
  readonly leastAvailableBytes: number;
  /** Before the tasks grew. */
  readonly quiet: InteractiveResult;
  readonly outside: InteractiveResult;
  readonly oomAbove: number | null;
  readonly limitHits: number;
}

const MIB = 1024 ** 2;
const MOST_P99_MS = 250;

export function findingsOf(overload: Overload) {
  const { results, outside, oomAbove } = overload;
  const ended = results.filter(({ task }) => task.ended_at !== null);
  const reasons = Object.groupBy(ended, ({ task }) => String(task.kill_reason ?? task.reason ?? task.status));
  const isWithin = ({ task, estimateBytes }: TaskResult) => Number(task.peak_mem_bytes ?? 0) <= estimateBytes;
  const wrong = ended.filter(isWithin).map(({ task }) => task.name);
  const broken = [
    ...(outside.isAlive ? [] : ['the program outside was killed']),
    ...(wrong.length === 0 ? [] : [`ended within their estimates: ${wrong.join(', ')}`]),
    ...(oomAbove === null || oomAbove === 0 ? [] : [`${oomAbove} OOM kills above the group of all tasks`]),
    ...(outside.p99Ms < MOST_P99_MS ? [] : [`the p99 of the echo is ${outside.p99Ms} ms`]),
  ];
  const held = results.filter(({ wasHeld }) => wasHeld).length;
  const ends = Object.entries(reasons).map(([reason, list]) => `${list?.length} ${reason}`);
  const text = [
    `driver ${overload.driver}, host ${mib(overload.hostBytes)}, ${results.length} tasks started, ${overload.refused} refused`,
    `ended: ${ends.length === 0 ? 'none' : ends.join(', ')}; held at some time: ${held}; alive: ${results.length - ended.length}`,
    `grew by up to ${mib(overload.fastestBytesPerS)}/s, least available ${mib(overload.leastAvailableBytes)}, limit of the host met ${overload.limitHits} times, OOM kills above: ${oomAbove ?? 'not known'}`,
    `echo of ${outside.echoes}: p50 ${outside.p50Ms} ms, p99 ${outside.p99Ms} ms, worst ${outside.worstMs} ms; before the growth p99 ${overload.quiet.p99Ms} ms`,
    broken.length === 0 ? 'ok' : `broken: ${broken.join('; ')}`,
  ].join('\n');
  return { ...overload, results: undefined, held, ends, broken, text };
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MB`;
}
