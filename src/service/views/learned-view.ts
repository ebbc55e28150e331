// What was learned of the command of a task, as its view shows it.
import type { AdviceView } from '../../api/schemas/advice.ts';
import type { TaskView } from '../../api/schemas/task.ts';
import { meanCores } from '../../core/answers/suggest.ts';
import { elapsedMs } from '../../core/elapsed.ts';
import { CPU_RISK_MARGIN, type Dimension, type EstimateBasis } from '../../core/estimate.ts';
import { isEnded, type Task } from '../../core/task.ts';
import type { LiveFigures } from '../../engine/attempt/live-attempt.ts';
import { adviceHint } from '../../estimates/advice.ts';
import { roundCores } from '../../units/number.ts';

export function estimatesView({ estimate, basis }: Pick<Task, 'estimate' | 'basis'>): TaskView['estimates'] {
  const of = (dim: Dimension) => {
    const from = basis?.from[dim] ?? 'declared';
    const learned = from === 'learned' ? (basis?.learned[dim] ?? null) : null;
    return { value: estimate[dim], from, level: learned?.level ?? null, n: learned?.n ?? null };
  };
  return { time: of('timeMs'), mem: of('memBytes'), cpu: of('cpuCores') };
}

export function adviceView(basis: EstimateBasis | undefined): AdviceView[] | null {
  const { advice = [] } = basis ?? {};
  if (advice.length === 0) return null;
  return advice.map((one) => ({
    ...one,
    learned: rounded(one, one.learned),
    recent: one.recent.map((use) => rounded(one, use)),
    hint: adviceHint(one),
  }));
}

function rounded({ dim }: { readonly dim: 'time' | 'mem' | 'cpu' }, value: number): number {
  return dim === 'cpu' ? roundCores(value) : Math.round(value);
}

/** Fewer runs say little of what is usual. */
const LEAST_RUNS = 3;

export function unusual(
  { state, basis }: Task,
  { live, nowMs }: { readonly live: LiveFigures | null; readonly nowMs: number },
): TaskView['unusual'] {
  if (basis === undefined || state.status === 'pending') return null;
  const usage = isEnded(state) ? state.usage : null;
  const elapsed = elapsedMs(state, nowMs);
  const cores = isEnded(state) ? meanCores(usage, elapsed) : (live?.cpuCores ?? null);
  const used = {
    elapsed: ratio(elapsed, 'timeMs', 1),
    mem: ratio(usage?.peakMemBytes ?? live?.peakMemBytes ?? null, 'memBytes', 1),
    cpu: ratio(cores, 'cpuCores', CPU_RISK_MARGIN),
  };
  const found = Object.entries(used).filter(([, value]) => value !== null);
  return found.length === 0 ? null : Object.fromEntries(found);

  /** Null: within `margin` of what was learned, or not known. */
  function ratio(use: number | null, dim: Dimension, margin: number): number | null {
    const learned = basis?.learned[dim] ?? null;
    if (use === null || learned === null || learned.n < LEAST_RUNS) return null;
    const share = use / learned.value;
    return share > margin ? roundCores(share) : null;
  }
}
