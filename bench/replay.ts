// node bench/replay.ts FILE.swf[.gz] [--policy=NAME] [--estimate=requested|actual|omitted] [--learn=off|order|full]
// [--quantile=q50|q80] [--shake=SEEDS] [--dominant=users|whole-machine] [--json]: replays a trace of the Parallel Workloads
// Archive in simulated time through the daemon's scheduler, with all policies and both known times by default. --shake: mean of
// that many shaken inputs. --dominant: one owner has most of the work.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { alignedTable } from '../cli/output/table.ts';
import { LEARNED_USES } from '../src/scheduler/pass.ts';
import { progressBar, showProgress } from './progress.ts';
import { DOMINANT } from './replay/dominant.ts';
import { type Figures, figuresOf } from './replay/figures.ts';
import { POLICIES } from './replay/policies.ts';
import { shaken } from './replay/shake.ts';
import { type EstimateUsed, type Learning, simulate } from './replay/simulate.ts';
import { parseSwf, type Trace } from './replay/swf.ts';

const ESTIMATES: readonly EstimateUsed[] = ['requested', 'actual', 'omitted'];
const BY_DEFAULT: readonly EstimateUsed[] = ['requested', 'actual'];
const QUANTILES = ['q50', 'q80'] as const;
const USAGE = `usage: node bench/replay.ts FILE.swf[.gz] [--policy=${Object.keys(POLICIES).join('|')}] [--estimate=${ESTIMATES.join('|')}] [--learn=${LEARNED_USES.join('|')}] [--quantile=${QUANTILES.join('|')}] [--shake=SEEDS] [--dominant=${Object.keys(DOMINANT).join('|')}] [--json]`;

interface Result extends Figures {
  readonly policy: string;
  readonly estimate: EstimateUsed;
  readonly learning: Learning | null;
  /** Standard deviation of the slowdown over the shaken inputs; NaN for one input. */
  readonly slowdownSd: number;
  readonly decisionsPerSecond: number;
  readonly jobsPerSecond: number;
}

process.exitCode = main(process.argv.slice(2));

function main(args: string[]): number {
  const given = readArgs(args);
  if (given === null) {
    process.stderr.write(`${USAGE}\n`);
    return 64;
  }
  const trace = readTrace(given.file);
  if (trace === null) return 1;
  const derive = given.dominant === undefined ? (one: Trace) => one : DOMINANT[given.dominant];
  const seeds = Array.from({ length: given.seeds }, (_, index) => index + 1);
  const traces =
    seeds.length === 0 ? [derive(trace, 1)] : seeds.map((seed) => derive(shaken(trace, seed), seed));
  const results: Result[] = [];
  for (const policy of given.policies)
    for (const estimate of given.estimates) {
      const result = meanOf(traces.map((one) => replay(one, policy, estimate, given.learning)));
      results.push(result);
      if (given.isJson) process.stdout.write(`${JSON.stringify(result)}\n`);
    }
  if (!given.isJson) process.stdout.write(table(results));
  return 0;
}

/** Returns null for wrong usage. */
function readArgs(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        policy: { type: 'string' },
        estimate: { type: 'string' },
        learn: { type: 'string' },
        quantile: { type: 'string', default: 'q80' },
        shake: { type: 'string', default: '0' },
        dominant: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const [file, ...more] = positionals;
    const policies = Object.keys(POLICIES).filter((name) => name === (values.policy ?? name));
    const estimates =
      values.estimate === undefined ? BY_DEFAULT : ESTIMATES.filter((name) => name === values.estimate);
    const use = LEARNED_USES.find((name) => name === values.learn);
    const quantile = QUANTILES.find((name) => name === values.quantile);
    const seeds = Number(values.shake);
    if (file === undefined || more.length > 0 || policies.length * estimates.length === 0) return null;
    if (quantile === undefined || !Number.isInteger(seeds) || seeds < 0) return null;
    if (use === undefined && values.learn !== undefined) return null;
    const dominant = (['users', 'whole-machine'] as const).find((name) => name === values.dominant);
    if (dominant === undefined && values.dominant !== undefined) return null;
    const learning = use === undefined ? null : { use, quantile };
    return { file, policies, estimates, learning, seeds, dominant, isJson: values.json };
  } catch {
    return null;
  }
}

/** Returns null and prints the reason to stderr when it cannot read the file. */
function readTrace(file: string): Trace | null {
  try {
    const bytes = readFileSync(file);
    return parseSwf((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1'));
  } catch (error) {
    process.stderr.write(`${file}: ${error instanceof Error ? error.message : error}\n`);
    return null;
  }
}

/** The mean of each figure. */
function meanOf(results: readonly Result[]): Result {
  const [first] = results;
  if (first === undefined) throw new Error('no result');
  const mean = (of: (result: Result) => number) =>
    results.reduce((sum, result) => sum + of(result), 0) / results.length;
  const slowdown = mean((result) => result.averageBoundedSlowdown);
  const variance = mean((result) => (result.averageBoundedSlowdown - slowdown) ** 2);
  return {
    ...first,
    averageBoundedSlowdown: slowdown,
    slowdownSd: Math.sqrt((variance * results.length) / (results.length - 1)),
    meanWaitS: mean((result) => result.meanWaitS),
    p95WaitS: mean((result) => result.p95WaitS),
    utilisation: mean((result) => result.utilisation),
    fairness: mean((result) => result.fairness),
    largestOwner: mean((result) => result.largestOwner),
    late: mean((result) => result.late),
  };
}

function replay(trace: Trace, name: string, estimate: EstimateUsed, learning: Learning | null): Result {
  const policy = POLICIES[name];
  if (policy === undefined) throw new Error(`unknown policy ${name}`);
  const { length } = trace.jobs;
  const what = `${name}, ${estimate} time`;
  const begin = performance.now();
  const show = (ended: number) => showProgress(progressBar(what, ended, length));
  const replayed = simulate(trace, policy, estimate, show, learning);
  const tookS = (performance.now() - begin) / 1000;
  showProgress('');
  return {
    policy: name,
    estimate,
    learning,
    slowdownSd: Number.NaN,
    ...figuresOf(trace, replayed),
    decisionsPerSecond: replayed.passes / tookS,
    jobsPerSecond: length / tookS,
  };
}

function table(results: readonly Result[]): string {
  const head = [
    'policy',
    'estimate',
    'jobs',
    'slowdown',
    'largest owner',
    'late',
    'mean wait',
    'p95 wait',
    'used',
    'Jain',
    'decisions/s',
    'jobs/s',
  ];
  const lines = results.map((result) => [
    result.policy,
    result.estimate,
    String(result.jobs),
    `${result.averageBoundedSlowdown.toFixed(2)}${Number.isNaN(result.slowdownSd) ? '' : ` ± ${result.slowdownSd.toFixed(2)}`}`,
    result.largestOwner.toFixed(2),
    Number.isNaN(result.late) ? '-' : `${(100 * result.late).toFixed(1)}%`,
    `${result.meanWaitS.toFixed(0)}s`,
    `${result.p95WaitS.toFixed(0)}s`,
    `${(100 * result.utilisation).toFixed(1)}%`,
    result.fairness.toFixed(3),
    `${Math.round(result.decisionsPerSecond)}`,
    `${Math.round(result.jobsPerSecond)}`,
  ]);
  return alignedTable(head, lines);
}
