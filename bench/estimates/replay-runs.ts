// Replays recorded runs through a rule of memory estimates, and adds up what it reserves in vain and what it gives too little.
import type { RunSample } from '../../src/estimates/run-sample.ts';
import { MemoryHistory } from './memory-history.ts';
import type { RecordedRun } from './recorded-runs.ts';
import type { Rule } from './rules.ts';

export interface Setting {
  /** Runs without a time of submission start in order, this many at a time. */
  readonly atOnce: number;
  /** Bytes of a run that the rule knows nothing of and that declared nothing. */
  readonly defaultBytes: number;
  /** A run is killed above this multiple of max(declared or default, charge). */
  readonly capFactor: number;
  /** `learned`: the rule decides. `declared`: what was declared is charged as declared. */
  readonly mode: 'learned' | 'declared';
  /** Strict: the cap is the charge x capFactor alone. */
  readonly isStrict: boolean;
}

export interface MemoryFigures {
  readonly runs: number;
  /** Reserved and not used / used, in bytes x seconds. A killed run wastes its whole charge. */
  readonly wasted: number;
  /** Used above the charge / used. */
  readonly overcommitted: number;
  /** Share of the runs that were killed for too little memory. */
  readonly killed: number;
  /** The part of that in which the rule knew nothing of the command: no rule can do better. */
  readonly killedUnknown: number;
  /** Of them, those killed below max(declared or default, charge): always 0, because learning only widens a cap. */
  readonly killedBelowStated: number;
}

interface Ending {
  readonly endS: number;
  readonly run: RecordedRun;
  readonly sample: RunSample;
}

/** A run is learned at its end. */
export function replayRuns(runs: readonly RecordedRun[], rule: Rule, setting: Setting): MemoryFigures {
  const history = new MemoryHistory();
  let busy: Ending[] = [];
  let nowS = 0;
  const sums = { used: 0, wasted: 0, over: 0, killed: 0, unknown: 0, below: 0 };
  for (const run of runs) {
    busy.sort((a, b) => a.endS - b.endS);
    nowS = run.submitS ?? (busy.length < setting.atOnce ? nowS : Math.max(nowS, busy[0]?.endS ?? 0));
    for (const { endS, run: ended, sample } of busy)
      if (endS <= nowS) history.add(ended.project, ended.key, sample);
    busy = busy.filter(({ endS }) => endS > nowS);
    const stated = run.declaredBytes ?? setting.defaultBytes;
    const learned = rule(history.of(run.project, run.key));
    const isLearned = learned !== null && (setting.mode === 'learned' || run.declaredBytes === null);
    const charge = isLearned ? learned : stated;
    const bound = setting.isStrict ? charge : Math.max(stated, charge, learned ?? 0);
    const cap = setting.capFactor * bound;
    const isKilled = run.peakBytes > cap;
    if (isKilled) sums.killed += 1;
    if (isKilled && learned === null) sums.unknown += 1;
    if (isKilled && cap < setting.capFactor * stated) sums.below += 1;
    sums.used += run.peakBytes * run.runS;
    sums.wasted += (isKilled && setting.isStrict ? charge : Math.max(0, charge - run.peakBytes)) * run.runS;
    sums.over += Math.max(0, Math.min(run.peakBytes, cap) - charge) * run.runS;
    busy.push({ endS: nowS + run.runS, run, sample: sampleOf(run, isKilled ? cap : null) });
  }
  return {
    runs: runs.length,
    wasted: sums.wasted / sums.used,
    overcommitted: sums.over / sums.used,
    killed: sums.killed / runs.length,
    killedUnknown: sums.unknown / runs.length,
    killedBelowStated: setting.isStrict ? 0 : sums.below,
  };
}

function sampleOf(run: RecordedRun, capBytes: number | null): RunSample {
  return {
    timeMs: 1000 * run.runS,
    isTimeCut: run.isCut || capBytes !== null,
    memBytes: capBytes ?? run.peakBytes,
    memKind: capBytes !== null ? 'cap' : run.isCut ? 'bound' : 'peak',
    cpuCores: run.cores,
    declaredCores: run.declaredCores,
  };
}
