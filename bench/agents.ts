// node bench/agents.ts RUNS.csv... [--cores=2,16] [--samples=N] [--json]: replays workloads of agents' commands in simulated
// time through the daemon's scheduler, and shows whether an owner gains by declaring 20 % less than its runs use.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { alignedTable } from '../cli/output/table.ts';
import { random } from '../test/faults/random.ts';
import { showProgress } from './progress.ts';
import { type AgentsHost, replayAgents } from './replay/agents.ts';
import { type AgentRun, parseAgentRuns } from './replay/agents-csv.ts';
import { boundedSlowdown, jainIndex } from './replay/figures.ts';
import { median, p95 } from './support/statistics.ts';

const USAGE = 'usage: node bench/agents.ts RUNS.csv... [--cores=2,16] [--samples=N] [--json]';
const UNDERSTATED_PART = 0.8;
/** A later submission changes everything after it, so each figure is one of several samples with moved submissions. */
const MOVED_BY_MS = 60_000;
const GIB = 1024 ** 3;
/** Memory of a host with so many cores. */
const MEM_PER_CORE_BYTES = 4 * GIB;
const LEAST_MEM_BYTES = 24 * GIB;

interface Result {
  readonly cores: number;
  /** What pending and new tasks are charged: what they declare, or more after runs that used more. */
  readonly charged: 'declared' | 'priced';
  readonly samples: number;
  readonly makespanH: number;
  readonly meanWaitS: number;
  readonly p95WaitS: number;
  /** Of the owners' mean bounded slowdowns. */
  readonly jain: number;
  /** Mean wait of an owner that declares 20 % less / of the same owner when it is honest, geometric mean over owners. */
  readonly understaterWait: number;
  /** Standard error of it. */
  readonly understaterWaitSe: number;
}

process.exitCode = main(process.argv.slice(2));

function main(args: string[]): number {
  const given = readArgs(args);
  if (given === null) {
    process.stderr.write(`${USAGE}\n`);
    return 64;
  }
  const workloads = given.files.map((file) => parseAgentRuns(readFileSync(file, 'utf8')));
  const results: Result[] = [];
  for (const cores of given.cores)
    for (const charged of ['declared', 'priced'] as const) {
      const result = measure(workloads, cores, charged, given.samples);
      results.push(result);
      if (given.isJson) process.stdout.write(`${JSON.stringify(result)}\n`);
    }
  if (!given.isJson) process.stdout.write(table(results));
  return 0;
}

/** Returns null for wrong usage. */
function readArgs(args: string[]) {
  try {
    const { values, positionals: files } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        cores: { type: 'string', default: '2,16' },
        samples: { type: 'string', default: '4' },
        json: { type: 'boolean', default: false },
      },
    });
    const cores = values.cores.split(',').map(Number);
    const samples = Number(values.samples);
    const isCount = (value: number) => Number.isInteger(value) && value > 0;
    if (files.length === 0 || ![...cores, samples].every(isCount)) return null;
    return { files, cores, samples, isJson: values.json };
  } catch {
    return null;
  }
}

function measure(
  workloads: readonly AgentRun[][],
  cores: number,
  charged: Result['charged'],
  samples: number,
): Result {
  const host = { cores, memBytes: Math.max(LEAST_MEM_BYTES, cores * MEM_PER_CORE_BYTES) };
  const figures: ReturnType<typeof sampleOf>[] = [];
  for (const [n, runs] of workloads.entries())
    for (let sample = 0; sample < samples; sample += 1) {
      showProgress(`${cores} cores, ${charged}: workload ${n + 1}, sample ${sample + 1}`);
      figures.push(sampleOf(moved(runs, sample), host, charged === 'priced'));
    }
  showProgress('');
  const gains = figures.map(({ gain }) => gain);
  const gain = mean(gains);
  const variance = mean(gains.map((value) => (value - gain) ** 2)) / Math.max(1, gains.length - 1);
  return {
    cores,
    charged,
    samples: figures.length,
    makespanH: median(figures.map(({ makespanMs }) => makespanMs)) / 3_600_000,
    meanWaitS: median(figures.map(({ meanWaitMs }) => meanWaitMs)) / 1000,
    p95WaitS: median(figures.map(({ p95WaitMs }) => p95WaitMs)) / 1000,
    jain: median(figures.map(({ jain }) => jain)),
    understaterWait: Math.exp(gain),
    understaterWaitSe: Math.exp(gain) * Math.sqrt(variance),
  };
}

function sampleOf(runs: readonly AgentRun[], host: AgentsHost, isPriced: boolean) {
  const honest = replayAgents(runs, { host, understater: null, isPriced });
  const byOwner = Map.groupBy(runs.keys(), (index) => runs[index]?.owner ?? '');
  const meanOf = (values: readonly number[], own: readonly number[]) =>
    mean(own.map((index) => values[index] ?? Number.NaN));
  const slowdowns = runs.map((_, index) =>
    boundedSlowdown(honest.waitsMs[index] ?? Number.NaN, honest.tookMs[index] ?? Number.NaN),
  );
  const gains = [...byOwner].map(([owner, own]) => {
    const understater = { owner, part: UNDERSTATED_PART };
    const { waitsMs } = replayAgents(runs, { host, understater, isPriced });
    return Math.log(meanOf(waitsMs, own) / meanOf(honest.waitsMs, own));
  });
  return {
    makespanMs: honest.makespanMs,
    meanWaitMs: mean(honest.waitsMs),
    p95WaitMs: p95(honest.waitsMs),
    jain: jainIndex([...byOwner.values()].map((own) => meanOf(slowdowns, own))),
    gain: mean(gains),
  };
}

function moved(runs: readonly AgentRun[], sample: number): AgentRun[] {
  if (sample === 0) return [...runs];
  const { next } = random(sample, 'submissions');
  return runs
    .map((run) => ({ ...run, submitMs: run.submitMs + MOVED_BY_MS * next() }))
    .sort((a, b) => a.submitMs - b.submitMs);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function table(results: readonly Result[]): string {
  const head = [
    'cores',
    'charged',
    'samples',
    'makespan',
    'mean wait',
    'p95 wait',
    'Jain',
    '20 % less waits',
  ];
  const lines = results.map((result) => [
    String(result.cores),
    result.charged,
    String(result.samples),
    `${result.makespanH.toFixed(1)} h`,
    `${result.meanWaitS.toFixed(0)} s`,
    `${result.p95WaitS.toFixed(0)} s`,
    result.jain.toFixed(3),
    `${result.understaterWait.toFixed(3)} ± ${result.understaterWaitSe.toFixed(3)} x`,
  ]);
  return alignedTable(head, lines);
}
