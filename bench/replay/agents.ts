// Replays a workload of agents' commands in simulated time: a host whose tasks share the CPU by estimate and weight.
import { withPrice } from '../../src/engine/queue/build-snapshot.ts';
import { type PendingItem, type RunningItem, toRunning } from '../../src/scheduler/items.ts';
import { declaredOf, OwnerUse, useOf } from '../../src/scheduler/owner-use.ts';
import { DEFAULT_POLICY, pass } from '../../src/scheduler/pass.ts';
import { pricedQueue, Queue } from '../../src/scheduler/queue/queue.ts';
import type { Capacity } from '../../src/scheduler/snapshot.ts';
import { CPU_WINDOW_MS } from '../../src/watchdog/cpu-trail.ts';
import type { AgentRun } from './agents-csv.ts';

export interface AgentsHost {
  readonly cores: number;
  readonly memBytes: number;
}

export interface AgentsReplay {
  readonly host: AgentsHost;
  /** Declares so much less than its runs use; null: all are honest. */
  readonly understater: { readonly owner: string; readonly part: number } | null;
  /** False: past runs do not change what an owner is charged. */
  readonly isPriced: boolean;
}

export interface AgentsResult {
  /** From the first submission to the last end. */
  readonly makespanMs: number;
  /** By the index of the run. */
  readonly waitsMs: readonly number[];
  readonly tookMs: readonly number[];
}

interface Job {
  readonly index: number;
  readonly item: PendingItem;
  readonly workMs: number;
  /** The cores that it keeps busy when nothing hinders it. */
  readonly usesCores: number;
  readonly peakMemBytes: number;
}

interface Active {
  readonly job: Job;
  readonly item: RunningItem;
  leftMs: number;
  /** The part of its cores that it gets. */
  rate: number;
}

const GIB = 1024 ** 3;
/** By the defaults of the settings. */
const CPU_SHARE = 0.9;
const MEM_SHARE = 0.7;
const CAP_FACTOR = 3;
const TIME_FACTOR = 1.1;
const OUTSIDE_BYTES = GIB;

export function replayAgents(runs: readonly AgentRun[], replay: AgentsReplay): AgentsResult {
  const capacity = capacityOf(replay.host);
  const most = { memBytes: capacity.memLimitBytes - OUTSIDE_BYTES, cpuCores: capacity.cpuLimitCores };
  const jobs = runs.map((run, index) => jobOf(run, index, replay));
  const byId = new Map(jobs.map((job) => [job.item.id, job]));
  const queue = new Queue(new OwnerUse());
  const waitsMs = new Array<number>(jobs.length).fill(Number.NaN);
  const tookMs = new Array<number>(jobs.length).fill(Number.NaN);
  let running: Active[] = [];
  let [nowMs, submitted, ended] = [0, 0, 0];
  while (ended < jobs.length) {
    shareCpu(running, capacity.cpuShareCores);
    const nextEndMs = Math.min(...running.map(({ leftMs, rate }) => nowMs + leftMs / rate));
    const atMs = Math.min(jobs[submitted]?.item.submittedAtMs ?? Number.POSITIVE_INFINITY, nextEndMs);
    if (atMs === Number.POSITIVE_INFINITY) throw new Error(`${queue.size} runs never start`);
    for (const active of running) active.leftMs -= (atMs - nowMs) * active.rate;
    nowMs = atMs;
    for (const { job, item } of running.filter(isOver)) {
      tookMs[job.index] = nowMs - item.startedAtMs;
      addUse(queue.used, job, item, nowMs);
      ended += 1;
    }
    running = running.filter((active) => !isOver(active));
    for (let job = jobs[submitted]; job && job.item.submittedAtMs <= nowMs; job = jobs[submitted]) {
      queue.add(job.item, nowMs);
      submitted += 1;
    }
    const view = replay.isPriced ? pricedQueue(queue, most, nowMs) : queue;
    const items = running.map((active) =>
      withPrice(sampled(active, nowMs), view.pricingOf(active.item.owner), nowMs),
    );
    const snapshot = {
      capacity,
      outsideMemBytes: OUTSIDE_BYTES,
      outsideCpuCores: 0,
      running: items,
      leases: [],
      queue: view,
    };
    const { starts, express, reservation } = pass(snapshot, nowMs, DEFAULT_POLICY);
    for (const id of starts) {
      const job = byId.get(id);
      if (job === undefined) throw new Error(`${id} is not in the queue`);
      queue.remove(id, nowMs);
      queue.served(job.item.owner, nowMs);
      const item = toRunning(job.item, nowMs, express.includes(id));
      running.push({ job, item, leftMs: job.workMs, rate: 1 });
      waitsMs[job.index] = nowMs - job.item.submittedAtMs;
    }
    queue.reserve(reservation, nowMs);
  }
  return { makespanMs: nowMs - (jobs[0]?.item.submittedAtMs ?? 0), waitsMs, tookMs };
}

function capacityOf({ cores, memBytes }: AgentsHost): Capacity {
  return {
    memTotalBytes: memBytes,
    memLimitBytes: MEM_SHARE * memBytes,
    cores,
    cpuLimitCores: cores,
    cpuShareCores: CPU_SHARE * cores,
    maxRunning: 256,
    maxPending: Number.POSITIVE_INFINITY,
  };
}

/** An honest caller declares what the run uses, at most the host. */
function jobOf(run: AgentRun, index: number, { host, understater }: AgentsReplay): Job {
  const part = understater?.owner === run.owner ? understater.part : 1;
  const memBytes = Math.min(1.1 * run.peakMemBytes, 0.4 * host.memBytes) * part;
  const wantedCores = Math.min(run.cores, CPU_SHARE * host.cores);
  const cpuCores = wantedCores * part;
  const timeMs = TIME_FACTOR * run.runMs;
  return {
    index,
    item: {
      id: run.id,
      kind: 'task',
      name: run.id,
      owner: run.owner,
      priority: 0,
      submittedAtMs: run.submitMs,
      need: { memBytes, cpuCores },
      timeMs,
      killTimeoutMs: 2 * timeMs,
    },
    workMs: run.runMs,
    usesCores: Math.min(wantedCores, CAP_FACTOR * cpuCores),
    peakMemBytes: Math.min(run.peakMemBytes, CAP_FACTOR * memBytes),
  };
}

/** The use within the estimates comes first, by the weights; the rest is shared in proportion. */
function shareCpu(running: readonly Active[], cores: number): void {
  const within = running.map(({ job }) => Math.min(job.usesCores, job.item.need.cpuCores));
  const wanted = sum(within);
  const part = Math.min(1, cores / Math.max(wanted, 1e-9));
  const above = running.map(({ job }, index) => job.usesCores - (within[index] ?? 0));
  const rest = Math.min(1, Math.max(0, cores - wanted) / Math.max(sum(above), 1e-9));
  for (const [index, active] of running.entries())
    active.rate = (part * (within[index] ?? 0) + rest * (above[index] ?? 0)) / active.job.usesCores;
}

/** The mean of 15 s counts the time before the start as idle. */
function sampled({ job, item, rate }: Active, nowMs: number): RunningItem {
  const liveCpuCores = rate * job.usesCores * Math.min(1, (nowMs - item.startedAtMs) / CPU_WINDOW_MS);
  return { ...item, liveMemBytes: job.peakMemBytes, liveCpuCores };
}

function addUse(used: OwnerUse, job: Job, item: RunningItem, nowMs: number): void {
  const ranMs = nowMs - item.startedAtMs;
  const { peakMemBytes, usesCores } = job;
  const use = useOf(item, ranMs, { cpuCoreMs: usesCores * job.workMs, peakMemBytes });
  used.add(item.owner, use, nowMs, declaredOf(item, ranMs, { meanCores: usesCores, peakMemBytes }));
}

function isOver({ leftMs }: Active): boolean {
  return leftMs <= 1e-3;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
