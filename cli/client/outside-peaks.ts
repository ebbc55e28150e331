// Which programs outside of all tasks used most of the host in the last hour, also those that have ended. Runs in the browser, too.
import type { OutsidePoint } from '../../src/api/schemas/observe/outside.ts';

type Program = OutsidePoint['programs'][number];

export interface Peak {
  readonly name: string;
  readonly belongs_to: string | null;
  /** Null: it is not among the largest now. */
  readonly now: Program | null;
  /** The look at which it took the largest part of the memory or of the cores of the host. */
  readonly most: Program;
  readonly dim: 'mem' | 'cpu';
  readonly at: number;
}

export interface HostSize {
  readonly cores: number;
  readonly memBytes: number;
}

export const PEAKS_MS = 3_600_000;
/** The looks of the last hour. */
export const LOOKS_PATH = `/v1/outside?since=${PEAKS_MS / 60_000}m`;
/** The daemon looks at the processes at most this often. */
const LOOK_MS = 10_000;
/** A program that has ended gets a row if it took at least this part of the host. */
const NOTABLE = 0.1;
const MOST = 6;

/** Adds what a frame shows, unless the last look is the same one. Oldest first. */
export function withLook(
  points: readonly OutsidePoint[],
  { at, programs }: OutsidePoint,
): readonly OutsidePoint[] {
  if (Math.abs(at - (points.at(-1)?.at ?? 0)) < LOOK_MS) return points;
  // The clock of the host may have been set back.
  const kept = points.filter((point) => point.at > at - PEAKS_MS && point.at < at);
  return [...kept, { at, programs }];
}

/** The recorded looks, then those that were seen since. */
export function afterRecorded(
  recorded: readonly OutsidePoint[],
  seen: readonly OutsidePoint[],
): readonly OutsidePoint[] {
  const last = recorded.at(-1)?.at ?? 0;
  return [...recorded, ...seen.filter(({ at }) => at > last)];
}

/** The daemon records a look at most this long before the next one, and each shows the use since the one before. */
const RECORD_MS = 70_000;

/** The look that shows what was used at a time; null: none was recorded then. */
export function lookAt(points: readonly OutsidePoint[], at: number): OutsidePoint | null {
  const next = points.find((point) => point.at >= at) ?? points.at(-1);
  return next !== undefined && Math.abs(next.at - at) <= RECORD_MS ? next : null;
}

/** By the largest part of the host that each took. */
export function peaksOf(
  points: readonly OutsidePoint[],
  now: readonly Program[],
  nowMs: number,
  host: HostSize,
): Peak[] {
  const peaks = new Map<string, Peak & { readonly part: number }>();
  for (const { at, programs } of [...points, { at: nowMs, programs: now }])
    for (const program of programs) {
      const { name, belongs_to } = program;
      const [mem, cpu] = [program.mem_bytes / host.memBytes, program.cpu_cores / host.cores];
      const key = `${name}\0${belongs_to}`;
      const before = peaks.get(key);
      const isNow = at === nowMs ? program : null;
      if (before !== undefined && before.part >= Math.max(mem, cpu)) {
        if (isNow !== null) peaks.set(key, { ...before, now: isNow });
      } else
        peaks.set(key, {
          ...{ name, belongs_to, at, now: isNow ?? before?.now ?? null, most: program },
          ...{ dim: mem > cpu ? 'mem' : 'cpu', part: Math.max(mem, cpu) },
        });
    }
  return [...peaks.values()]
    .filter((peak) => peak.now !== null || peak.part >= NOTABLE)
    .sort((a, b) => b.part - a.part)
    .slice(0, MOST)
    .map(({ part: _, ...peak }) => peak);
}
