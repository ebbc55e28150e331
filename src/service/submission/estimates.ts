// The estimates of a submission: what was declared, what earlier runs of the command showed, and the defaults.
import type { Config } from '../../config/settings.ts';
import { boundEstimate, type Estimate, KILL_FACTOR, type PerDimension } from '../../core/estimate.ts';
import type { Command, Task } from '../../core/task.ts';
import { adviceFor } from '../../estimates/advice.ts';
import { type Filled, fillEstimate } from '../../estimates/fill.ts';
import { commandKey } from '../../estimates/key.ts';
import { estimateOfKind } from '../../estimates/kind-rules.ts';
import { type History, predict } from '../../estimates/predict.ts';
import type { RunRequest } from '../../request/request.ts';
import { largestDefault, largestNeed } from '../../scheduler/admission.ts';
import type { Capacity } from '../../scheduler/snapshot.ts';

export interface EstimateContext {
  readonly config: Config;
  readonly capacity: Capacity;
  /** The largest capacity of any profile. */
  readonly largest: Capacity;
  /** The running task inside which it is submitted; null: none. */
  readonly parent: Task | null;
  /** The ended runs of the command in the project. */
  history(project: string, command: Command): History;
}

/** Shares of the host's memory and cores that the task may use, in percent. */
export interface Shares {
  readonly memPctLimit: number;
  readonly cpuPctLimit: number;
}

/** Reduces cores to those of the host: a task gets less CPU time and runs longer. Admission refuses too much memory. */
export function estimatesFor(
  run: RunRequest,
  command: Command,
  shares: Shares,
  context: EstimateContext,
): Filled {
  const { config, largest } = context;
  const declared = {
    timeMs: run.timeMs,
    memBytes: run.memBytes,
    cpuCores: run.cpuCores === null ? null : Math.min(run.cpuCores, largest.cpuLimitCores),
  };
  const defaults = defaultsFor(shares, context);
  const history = run.noLearn ? null : context.history(run.caller.project, command);
  const statedMs = declared.timeMs ?? defaults.timeMs;
  const prediction = history && predict(history, { statedMs, declaredCores: declared.cpuCores });
  return fillEstimate({
    declared,
    defaults,
    prediction,
    ofKind: run.noLearn || isWhole(declared) ? null : estimateOfKind(commandKey(command).subcommand),
    mode: config['estimates.mode'],
    most: mostFor(shares, context),
    advice: history && prediction ? adviceFor(declared, prediction, history) : [],
  });
}

/** Twice the larger of the declared or default time and the learned one. */
export function defaultKillTimeoutMs(filled: Filled): number {
  return KILL_FACTOR * boundEstimate(filled).timeMs;
}

function isWhole(declared: PerDimension<number | null>): boolean {
  return declared.timeMs !== null && declared.memBytes !== null && declared.cpuCores !== null;
}

/** What a request leaves out: inside a task at most what that has. */
export function defaultsFor(
  shares: Shares,
  { config, capacity, largest, parent }: Omit<EstimateContext, 'history'>,
): Estimate {
  const { timeMs, memBytes, cpuCores } = parent?.estimate ?? UNBOUNDED;
  const most = largestDefault(capacity, shares);
  return {
    timeMs: Math.min(config['defaults.estimated_time'], timeMs),
    memBytes: Math.min(config['defaults.estimated_mem_bytes'], memBytes, most.memBytes),
    cpuCores: Math.min(
      config['defaults.estimated_cpu_cores'],
      cpuCores,
      most.cpuCores,
      largest.cpuLimitCores,
    ),
  };
}

/** A learned value is admitted: by the host, the limits of the task, and the task around it. */
function mostFor(
  shares: Shares,
  { capacity, parent }: EstimateContext,
): Pick<Estimate, 'memBytes' | 'cpuCores'> {
  const { memBytes, cpuCores } = parent?.estimate ?? UNBOUNDED;
  const most = largestNeed(capacity, shares);
  return { memBytes: Math.min(memBytes, most.memBytes), cpuCores: Math.min(cpuCores, most.cpuCores) };
}

const UNBOUNDED: Estimate = {
  timeMs: Number.POSITIVE_INFINITY,
  memBytes: Number.POSITIVE_INFINITY,
  cpuCores: Number.POSITIVE_INFINITY,
};
