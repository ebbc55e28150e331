// node bench/replay.ts FILE.swf[.gz] [--policy=NAME] [--estimate=requested|actual] [--json]: replays a trace of the Parallel
// Workloads Archive in simulated time through the daemon's scheduler, with all policies and estimates by default.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { alignedTable } from '../cli/output/table.ts';
import { progressBar, showProgress } from './progress.ts';
import { type Figures, figuresOf } from './replay/figures.ts';
import { POLICIES } from './replay/policies.ts';
import { type EstimateUsed, simulate } from './replay/simulate.ts';
import { parseSwf, type Trace } from './replay/swf.ts';

const ESTIMATES: readonly EstimateUsed[] = ['requested', 'actual'];
const USAGE = `usage: node bench/replay.ts FILE.swf[.gz] [--policy=${Object.keys(POLICIES).join('|')}] [--estimate=${ESTIMATES.join('|')}] [--json]`;

interface Result extends Figures {
  readonly policy: string;
  readonly estimate: EstimateUsed;
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
  const results: Result[] = [];
  for (const policy of given.policies)
    for (const estimate of given.estimates) {
      const result = replay(trace, policy, estimate);
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
        json: { type: 'boolean', default: false },
      },
    });
    const [file, ...more] = positionals;
    const policies = Object.keys(POLICIES).filter((name) => name === (values.policy ?? name));
    const estimates = ESTIMATES.filter((name) => name === (values.estimate ?? name));
    if (file === undefined || more.length > 0 || policies.length * estimates.length === 0) return null;
    return { file, policies, estimates, isJson: values.json };
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

function replay(trace: Trace, name: string, estimate: EstimateUsed): Result {
  const policy = POLICIES[name];
  if (policy === undefined) throw new Error(`unknown policy ${name}`);
  const { length } = trace.jobs;
  const what = `${name}, ${estimate} time`;
  const begin = performance.now();
  const replayed = simulate(trace, policy, estimate, (ended) =>
    showProgress(progressBar(what, ended, length)),
  );
  const tookS = (performance.now() - begin) / 1000;
  showProgress('');
  return {
    policy: name,
    estimate,
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
    result.averageBoundedSlowdown.toFixed(2),
    `${result.meanWaitS.toFixed(0)}s`,
    `${result.p95WaitS.toFixed(0)}s`,
    `${(100 * result.utilisation).toFixed(1)}%`,
    result.fairness.toFixed(3),
    `${Math.round(result.decisionsPerSecond)}`,
    `${Math.round(result.jobsPerSecond)}`,
  ]);
  return alignedTable(head, lines);
}
