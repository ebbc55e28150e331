// Kills the daemon with SIGKILL at chosen moments under load, and with --storm also stops and kills the processes around a
// task; then checks every promise. With --errors, system calls of the daemon fail, too.
//   node test/faults/chaos.ts [--seed=N] [--kills=200] [--storm] [--errors] [--driver=v2]
// The same seed makes the same choices; the timing of the kernel varies.
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LONG } from '../support/budget.ts';
import { runCli } from '../support/cli.ts';
import { waitUntil } from '../support/wait-until.ts';
import { examineRun, type Findings } from './invariants.ts';
import { isEndless, type Load, startLoad } from './load.ts';
import { type Random, random } from './random.ts';
import { type Json, openRig, type Rig } from './rig.ts';
import { injectError, STRIKES } from './strikes.ts';
import { startWaiters, type Waiters } from './waiters.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly kills: number;
  /** SIGKILL and SIGSTOP also of spawner, log writers and parents, and SIGSTOP of the daemon. */
  readonly isStorm?: boolean;
  /** Injects errors into system calls of the daemon, with strace(1). */
  readonly withErrors?: boolean;
  readonly driver?: string;
  /** A run that broke a promise leaves its home, with database, logs and daemon.log. */
  readonly keepsBroken?: boolean;
  readonly say: (line: string) => void;
}

export interface ChaosResult extends Findings {
  /** Moment -> kills at it. */
  readonly moments: ReadonlyMap<string, number>;
  readonly tasks: number;
  readonly answered: ReadonlyMap<string, number>;
  readonly waits: number;
  /** Clients that gave up, because no daemon lived long enough to answer them. */
  readonly unreachable: number;
  readonly leasesLapsed: number;
}

/** Besides a random time: while the daemon starts and recovers, and right after the answer to an order. */
const ORDERS = ['run', 'batch', 'lease', 'leased run', 'kill', 'pause', 'resume', 'adjust', 'retry'];
const MOMENTS = ['any time', 'any time', 'starting', 'starting', ...ORDERS, 'run', 'kill'];
/** An order that does not come up is not waited for. */
const ORDER_PATIENCE_MS = 1500;
const AGENTS = 3;
const WAITERS = 4;
/** On a slow machine a run lasts for longer than these rules allow a silent task, or one whose forks take long. */
const PATIENT = { tolerance_window: '1h', kill_grace: '400ms' };
const CONFIG = {
  watchdog: PATIENT,
  'defaults.observability_interval': '1h',
  log: { level: 'info' },
};

export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, kills, say, isStorm = false, withErrors = false, driver, keepsBroken = false } = options;
  const rig = await openRig(driver === undefined ? CONFIG : { ...CONFIG, envelope: { driver } });
  const randomOf = (actor: string) => random(seed, actor);
  const moments = new Map<string, number>();
  say(`seed ${seed}, ${kills} kills, home ${rig.home.dir}`);
  let isKept = keepsBroken;
  const load = startLoad(rig, randomOf, AGENTS, withErrors);
  const waiters = startWaiters(rig, load.promised, randomOf, WAITERS);
  try {
    const killer = randomOf('killer');
    for (let done = 0; done < kills; ) {
      const moment = await nextFault(rig, load, killer, isStorm, withErrors);
      if (moment === null) continue;
      moments.set(moment, (moments.get(moment) ?? 0) + 1);
      done += 1;
      if (done % 20 === 0)
        say(`${done} kills, ${load.promised.length} tasks, ${waiters.waited.length} waits`);
    }
    await settle(rig, load, waiters);
    const findings = examineRun(rig, { promised: load.promised, waited: waiters.waited }, withErrors);
    const broken = [...load.wrong, ...waiters.wrong, ...findings.broken];
    isKept &&= broken.length > 0;
    return {
      ...findings,
      broken,
      moments,
      tasks: load.promised.length,
      answered: load.answered,
      waits: waiters.waited.length,
      unreachable: waiters.unreachable,
      leasesLapsed: waiters.leases,
    };
  } finally {
    // After a failure all of them still run, and would keep this process from its end.
    rig.close();
    await Promise.all([load.stop(), waiters.abandon()]);
    await runCli(['daemon-stop', '--kill_tasks'], { env: { ...process.env, ...rig.env }, ...LONG });
    if (isKept) say(`kept ${rig.base}`);
    else rmSync(rig.base, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function nextFault(rig: Rig, load: Load, random: Random, isStorm: boolean, withErrors: boolean) {
  if (withErrors && random.chance(0.5)) {
    await rig.up();
    return injectError(rig, random);
  }
  if (!isStorm || random.chance(0.3)) return strike(rig, load, random);
  const what = random.pick(Object.keys(STRIKES));
  await rig.up();
  await delay(random.between(0, 120));
  return (await STRIKES[what]?.(rig, load, random)) === true ? what : null;
}

/** Starts a daemon if none lives, waits for the moment and kills it. Returns null when none was left to kill. */
async function strike(rig: Rig, load: Load, random: Random): Promise<string | null> {
  const moment = random.pick(MOMENTS);
  const [waitMs, afterMs] = [random.between(0, 500), random.between(0, 4)];
  rig.launch();
  if (moment === 'starting') await delay(waitMs / 2);
  else {
    await rig.up();
    if (moment === 'any time') await delay(waitMs);
    else {
      const isMet = await orderAnswered(load, moment);
      await delay(afterMs);
      if (!isMet) return (await rig.kill()) ? 'any time' : null;
    }
  }
  return (await rig.kill()) ? moment : null;
}

function orderAnswered(load: Load, order: string): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isMet: boolean) => {
      clearTimeout(timer);
      load.onAnswer = () => {};
      resolve(isMet);
    };
    const timer = setTimeout(settle, ORDER_PATIENCE_MS, false);
    load.onAnswer = (answered) => {
      if (answered === order) settle(true);
    };
  });
}

/** Ends every task, the endless ones by a kill and the paused ones after a resume; then the daemon. */
async function settle(rig: Rig, load: Load, waiters: Waiters): Promise<void> {
  await rig.up();
  await load.stop();
  for (const entry of load.promised) {
    const { body } = await rig.insist('GET', `/v1/tasks/${entry.id}`);
    if (body.status === 'paused') await rig.insist('POST', `/v1/tasks/${entry.id}/resume`, {});
    if (isEndless(entry) && body.ended_at === null)
      await rig.insist('POST', `/v1/tasks/${entry.id}/kill`, {});
  }
  await waitUntil(async () => (await liveTasks(rig)) === 0, { ...LONG, what: 'all tasks to end' });
  await waiters.stop();
  const isFree = async () => ((await rig.insist('GET', '/v1/status')).body.leases as Json[]).length === 0;
  await waitUntil(isFree, { ...LONG, what: 'all leases to lapse' });
  const stopped = await runCli(['daemon-stop'], { env: { ...process.env, ...rig.env } });
  if (stopped.code !== 0) throw new Error(`daemon-stop: ${stopped.stderr}`);
}

async function liveTasks(rig: Rig): Promise<number> {
  const { running, paused, pending } = (await rig.insist('GET', '/v1/status')).body.tasks as Record<
    string,
    number
  >;
  return (running ?? 0) + (paused ?? 0) + (pending ?? 0);
}

function figures(result: ChaosResult): string {
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts].map(([what, count]) => `${what} ${count}`).join(', ');
  return [
    `kills: ${list(result.moments)}`,
    `orders answered: ${list(result.answered)}`,
    `${result.tasks} tasks acknowledged, their commands begun ${result.runs} times; ${result.requeued} attempts taken back before they began`,
    `${result.waits} wait clients (${result.unreachable} more gave up before any daemon answered), ${result.eventsTold} events printed, ${result.restartsTold} in the database say that a daemon took over; ${result.leasesLapsed} leases left to lapse`,
    `promises broken: ${result.broken.length}`,
    ...result.broken.map((what) => `  ${what}`),
  ].join('\n');
}

if (import.meta.main) {
  const options = {
    seed: { type: 'string' },
    kills: { type: 'string', default: '200' },
    storm: { type: 'boolean' },
    errors: { type: 'boolean' },
    driver: { type: 'string' },
  } as const;
  const { values } = parseArgs({ options });
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const { storm: isStorm = false, errors: withErrors = false, driver } = values;
  const result = await chaos({
    seed,
    kills: Number(values.kills),
    isStorm,
    withErrors,
    ...(driver === undefined ? {} : { driver }),
    keepsBroken: true,
    say: (line) => console.log(line),
  });
  console.log(figures(result));
  process.exitCode = result.broken.length === 0 ? 0 : 1;
}
