// What bounds the estimates and caps of a task: this host, or nothing that the daemon knows of a cluster.
import { traitsOf } from '../../core/engine-traits.ts';
import type { Estimate, Limits } from '../../core/estimate.ts';
import type { Envelope, ExecOptions, Task } from '../../core/task.ts';
import type { Profiles } from '../../engine/profiles/profiles.ts';
import { clusterEnvelope, envelope } from '../../scheduler/envelope.ts';
import type { Capacity } from '../../scheduler/snapshot.ts';

/** Not Infinity, which JSON does not have. */
const BOUNDLESS = Number.MAX_SAFE_INTEGER;
const CLUSTER: Capacity = {
  memTotalBytes: BOUNDLESS,
  memLimitBytes: BOUNDLESS,
  cores: BOUNDLESS,
  cpuLimitCores: BOUNDLESS,
  cpuShareCores: BOUNDLESS,
  maxRunning: BOUNDLESS,
  maxPending: BOUNDLESS,
};

export interface Capacities {
  readonly capacity: Capacity;
  /** The largest capacity of any profile. */
  readonly largest: Capacity;
}

type EngineOf = Pick<Task, 'engine'>;

export function capacitiesOf(task: EngineOf, { capacity, largest }: Capacities): Capacities {
  return traitsOf(task).usesHost ? { capacity, largest } : { capacity: CLUSTER, largest: CLUSTER };
}

/** The caps of an attempt with these estimates and limits. */
export function capsOf(
  task: EngineOf,
  bound: Estimate,
  limits: Limits,
  { capacity, envelopeRules }: Profiles['settings'],
  options: ExecOptions,
): Envelope {
  return traitsOf(task).usesHost
    ? envelope(bound, limits, capacity, envelopeRules, options)
    : clusterEnvelope(bound, envelopeRules, options);
}
