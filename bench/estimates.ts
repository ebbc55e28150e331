// node bench/estimates.ts [--agent-runs=FILE] [--workflow=FILE] [--synthetic=FILE,FILE...] [--json]: compares rules of memory
// estimates on recorded runs (CSV, also .gz), and measures the cost of a prediction. Without files: only the cost.
import { parseArgs } from 'node:util';
import { alignedTable } from '../cli/output/table.ts';
import { predictionCostUs } from './estimates/cost.ts';
import { agentRuns, type RecordedRun, syntheticRuns, workflowTasks } from './estimates/recorded-runs.ts';
import { type MemoryFigures, replayRuns, type Setting } from './estimates/replay-runs.ts';
import { RULES } from './estimates/rules.ts';
import { narrowedCaps } from './estimates/safety.ts';
import { mulberry32 } from './replay/shake.ts';

const DEFAULT_BYTES = 4 * 1024 ** 3;
/** Kills above the limit of the watchdog, 2 x, or at the cap of the kernel, 3 x. */
const WATCHDOG: Setting = {
  atOnce: 8,
  defaultBytes: DEFAULT_BYTES,
  capFactor: 2,
  mode: 'learned',
  isStrict: false,
};
/** An agent waits for one command before the next. */
const KERNEL: Setting = { ...WATCHDOG, atOnce: 1, capFactor: 3 };
const STRICT: Setting = { ...WATCHDOG, capFactor: 1, isStrict: true };

interface Result extends MemoryFigures {
  readonly set: string;
  readonly rule: string;
}

const { values } = parseArgs({
  options: {
    'agent-runs': { type: 'string' },
    workflow: { type: 'string' },
    synthetic: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const results: Result[] = [];
if (values['agent-runs'] !== undefined) compare('agent runs', agentRuns(values['agent-runs']), KERNEL);
if (values.workflow !== undefined) compare('workflow', workflowTasks(values.workflow), STRICT);
for (const file of values.synthetic?.split(',') ?? []) compare(file, syntheticRuns(file), WATCHDOG);
const costUs = predictionCostUs();
if (values.json) for (const result of results) process.stdout.write(`${JSON.stringify(result)}\n`);
else
  process.stdout.write(
    alignedTable(['runs', 'rule', 'wasted / used', 'overcommitted / used', 'killed', 'of unknown'], rows()),
  );
process.stdout.write(
  values.json
    ? `${JSON.stringify({ costUs })}\n`
    : `one prediction: ${costUs.key.toFixed(1)} us for the key, ${costUs.predict.toFixed(1)} us for the estimates\n`,
);

/** Also with strict caps and a first estimate of half the median, the case of a caller that guesses too little and does not retry. */
function compare(set: string, runs: readonly RecordedRun[], setting: Setting): void {
  const low = { ...STRICT, atOnce: setting.atOnce, defaultBytes: 0.5 * medianPeak(runs) };
  const undeclared = runs.map((run) => ({ ...run, declaredBytes: null }));
  for (const [rule, apply] of Object.entries(RULES))
    results.push({ set, rule, ...replayRuns(runs, apply, setting) });
  for (const [rule, apply] of Object.entries(RULES))
    results.push({ set: `${set}, first half the median`, rule, ...replayRuns(undeclared, apply, low) });
}

function medianPeak(runs: readonly RecordedRun[]): number {
  const peaks = runs.map(({ peakBytes }) => peakBytes).sort((a, b) => a - b);
  return peaks[Math.floor(peaks.length / 2)] ?? 0;
}

function rows(): string[][] {
  return results.map(({ set, rule, wasted, overcommitted, killed, killedUnknown }) => [
    set,
    rule,
    wasted.toFixed(3),
    overcommitted.toFixed(3),
    `${(100 * killed).toFixed(2)}%`,
    `${(100 * killedUnknown).toFixed(2)}%`,
  ]);
}
const SIMULATED = 1_000_000;
process.stdout.write(
  `${narrowedCaps(SIMULATED, mulberry32(1))} of ${SIMULATED} simulated submissions have narrower caps than declared\n`,
);
