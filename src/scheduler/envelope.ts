// The hard caps of an attempt, computed from its estimate, its limits and the host (SPEC section 6).

import { CAP_FACTOR, type Estimate, type Limits } from '../core/estimate.ts';
import type { Envelope, ExecOptions } from '../core/task.ts';
import { isAboveEstimate } from './ledger.ts';
import type { Capacity } from './snapshot.ts';

export interface EnvelopeRules {
  readonly memReserveBytes: number;
  readonly cpuWeight: number;
  readonly cpuIdle: boolean;
  readonly pidsMax: number;
  readonly nice: number;
  readonly oomScoreAdj: number;
}

/** The kernel's minimum cpu.weight and maximum niceness. */
const BACKGROUND_WEIGHT = 1;
const BACKGROUND_NICE = 19;
/** That of a group with no weight of its own. */
const DEFAULT_WEIGHT = 100;

/** A task above its CPU estimate gets this part of its weight: it yields to those within theirs. */
const YIELDING_WEIGHT = 0.1;

/** `meanCores`: the mean use of the last 15 s. Once a task yields, it yields until its mean is back at the estimate. */
export function yieldsCpu(yields: boolean, meanCores: number, { cpuCores }: Estimate): boolean {
  return yields ? meanCores > cpuCores : isAboveEstimate(meanCores, cpuCores);
}

export function withYield(envelope: Envelope, yields: boolean): Envelope {
  return yields ? { ...envelope, cpuWeight: Math.max(1, YIELDING_WEIGHT * envelope.cpuWeight) } : envelope;
}

/** At least this part of the parent's memory cap, however much of it is in use: a smaller group could not start. */
const LEAST_PART_OF_PARENT = 1 / 16;

/** The caps of a task that has no room of its own: what its parent's caps leave. `usedBytes`: used under them now. */
export function withinParent(own: Envelope, parent: Envelope, usedBytes: number): Envelope {
  const left = Math.max(parent.memMaxBytes - usedBytes, LEAST_PART_OF_PARENT * parent.memMaxBytes);
  return {
    ...own,
    memMaxBytes: Math.floor(Math.min(own.memMaxBytes, left)),
    cpuMaxCores: Math.min(own.cpuMaxCores, parent.cpuMaxCores),
    pidsMax: Math.min(own.pidsMax, parent.pidsMax),
  };
}

/** The caps of an attempt on a machine of a cluster, which gives it whole cores. This host does not bound them. */
export function clusterEnvelope(
  estimate: Estimate,
  rules: Pick<EnvelopeRules, 'pidsMax'>,
  { nice }: Pick<ExecOptions, 'nice'>,
): Envelope {
  return {
    memMaxBytes: Math.floor(CAP_FACTOR * estimate.memBytes),
    cpuMaxCores: Math.ceil(estimate.cpuCores),
    cpuWeight: DEFAULT_WEIGHT,
    cpuIdle: false,
    pidsMax: rules.pidsMax,
    nice: nice ?? 0,
    oomScoreAdj: 0,
  };
}

export function envelope(
  estimate: Estimate,
  limits: Limits,
  capacity: Capacity,
  rules: EnvelopeRules,
  { nice, callerNice = 0, isBackground }: Pick<ExecOptions, 'nice' | 'callerNice' | 'isBackground'>,
): Envelope {
  return {
    memMaxBytes: Math.floor(
      Math.min(
        CAP_FACTOR * estimate.memBytes,
        (capacity.memTotalBytes * limits.memPctLimit) / 100,
        capacity.memTotalBytes - rules.memReserveBytes,
      ),
    ),
    cpuMaxCores: Math.min(
      CAP_FACTOR * estimate.cpuCores,
      (capacity.cores * limits.cpuPctLimit) / 100,
      capacity.cpuShareCores,
    ),
    cpuWeight: isBackground ? BACKGROUND_WEIGHT : rules.cpuWeight,
    cpuIdle: isBackground || rules.cpuIdle,
    pidsMax: rules.pidsMax,
    nice: nice ?? Math.max(callerNice, isBackground ? BACKGROUND_NICE : rules.nice),
    oomScoreAdj: rules.oomScoreAdj,
  };
}
