// Advises a caller whose declared estimates are far from what earlier runs used.
import { counted } from '../core/counted.ts';
import type { Advice, LearnedLevel, PerDimension } from '../core/estimate.ts';
import { formatDuration } from '../units/duration.ts';
import { formatSize } from '../units/size.ts';
import type { History, Prediction } from './predict.ts';
import type { RunSample } from './run-sample.ts';

const LEAST_RUNS = 3;
const TOO_SMALL = 1.5;
const TOO_LARGE = 3;
const RECENT = 7;

/**
 * Only from three runs on, and when the declared value is more than 1.5 times too small or 3 times too large; never against
 * what the runs used.
 */
export function adviceFor(
  declared: PerDimension<number | null>,
  prediction: Prediction,
  history: History,
): Advice[] {
  const { time, mem, cpu } = prediction;
  const found: Advice[] = [];
  const add = (
    dim: Advice['dim'],
    stated: number | null,
    learned: { readonly value: number; readonly n: number; readonly level: LearnedLevel } | null,
    use: (run: RunSample) => number | null,
    isCut: (run: RunSample) => boolean,
  ): void => {
    if (stated === null || learned === null || learned.n < LEAST_RUNS) return;
    const { value, n, level } = learned;
    if (value <= TOO_SMALL * stated && stated <= TOO_LARGE * value) return;
    const runs = history[level].filter((run) => use(run) !== null).slice(-RECENT);
    const recent = runs.flatMap((run) => use(run) ?? []);
    // What was learned is at least a floor, which a small task does not need.
    if (value > stated && !runs.some(isCut) && Math.max(...recent) <= stated) return;
    // The level may be that of similar commands.
    if (value < stated && history.exact.some((run) => (use(run) ?? 0) > value)) return;
    found.push({
      dim,
      declared: stated,
      learned: value,
      n,
      level,
      recent,
      killed: runs.filter(isCut).length,
    });
  };
  const safe = time && { ...time, value: time.value.safeMs };
  add(
    'time',
    declared.timeMs,
    safe,
    ({ timeMs }) => timeMs,
    ({ isTimeCut }) => isTimeCut,
  );
  add(
    'mem',
    declared.memBytes,
    mem,
    ({ memBytes }) => memBytes,
    ({ memKind }) => memKind === 'cap',
  );
  add(
    'cpu',
    declared.cpuCores,
    cpu,
    ({ cpuCores }) => cpuCores,
    () => false,
  );
  return found;
}

const FLAGS = {
  time: '--estimated_time',
  mem: '--estimated_mem_bytes',
  cpu: '--estimated_cpu_cores',
} as const;

export function adviceHint({ dim, declared, learned, n, recent }: Advice): string {
  const show = (value: number) =>
    dim === 'mem'
      ? formatSize(value)
      : dim === 'time'
        ? formatDuration(value)
        : counted(Math.round(100 * value) / 100, 'core');
  const range =
    recent.length === 0 ? '' : ` used ${show(Math.min(...recent))} to ${show(Math.max(...recent))}`;
  return `You gave ${show(declared)}; the last ${recent.length} of ${n} runs of this command${range}: leave ${FLAGS[dim]} out, and ${show(learned)} is used.`;
}
