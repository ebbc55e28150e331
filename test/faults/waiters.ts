// `babysit wait` and `babysit wait_for_capacity` as real processes that live through every kill of the daemon.
import { setTimeout as delay } from 'node:timers/promises';
import { type CliResult, jsonAmong, type RunningCli, startCli } from '../support/cli.ts';
import type { Promised } from './load.ts';
import type { Random } from './random.ts';
import type { Json, Rig } from './rig.ts';

export interface Waited {
  readonly id: string;
  /** Of the events printed before the end, in order. */
  readonly seqs: readonly number[];
}

export interface Waiters {
  readonly waited: Waited[];
  readonly wrong: string[];
  leases: number;
  /** Clients that reached no daemon before their time was over, or that must not start one; they report it and end. */
  unreachable: number;
  /** No new ones; resolves when the last have returned. */
  stop(): Promise<void>;
  /** As `stop`, but ends those that wait. */
  abandon(): Promise<void>;
}

/** A client that waits longer has been forgotten. */
const DEADLINE_MS = 600_000;
const EXIT_UNREACHABLE = 69;
/** The CLI itself waits this long for a daemon to start; a guest may need longer. */
const START_PATIENCE_MS = 20_000;
const TERMINAL = new Set(['completed', 'failed', 'killed', 'interrupted']);

export function startWaiters(
  rig: Rig,
  promised: readonly Promised[],
  randomOf: (actor: string) => Random,
  count: number,
): Waiters {
  const waiters: Waiters = { waited: [], wrong: [], leases: 0, unreachable: 0, stop, abandon };
  const running = new Set<RunningCli>();
  let isStopped = false;

  async function cli(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
    const started = startCli(args, {
      env: { ...rig.env, ...env },
      cwd: rig.base,
      deadlineMs: DEADLINE_MS,
    });
    running.add(started);
    return started.done.finally(() => running.delete(started));
  }

  async function waiter(random: Random): Promise<void> {
    while (!isStopped) {
      const found = promised.filter(({ kind }) => kind.name !== 'short').slice(-6);
      if (found.length === 0) await delay(20);
      else {
        // Half of them start a daemon themselves when they find none.
        const env = random.chance(0.5) ? { BABYSIT_NO_AUTOSTART: '1' } : {};
        await waitFor(random.pick(found), env);
      }
    }
  }

  async function waitFor({ id, name }: Promised, env: NodeJS.ProcessEnv): Promise<void> {
    const { code, stdout, stderr, wallMs } = await cli(['wait', id], env);
    const events = jsonAmong(stderr);
    const mayGiveUp = env.BABYSIT_NO_AUTOSTART !== undefined || wallMs > START_PATIENCE_MS;
    if (code === EXIT_UNREACHABLE && stdout === '' && events.length === 1 && mayGiveUp) {
      waiters.unreachable += 1;
      return;
    }
    // `waiting` is a report of the queue, not an event of the record: it has no number.
    const seqs = events
      .filter(({ id: of, seq }) => of === id && seq !== undefined)
      .map(({ seq }) => Number(seq));
    const results = stdout.split('\n').filter((line) => line !== '');
    const result: Json = results.length === 1 ? JSON.parse(results[0] ?? '{}') : {};
    const isRight =
      result.id === id &&
      TERMINAL.has(String(result.status)) &&
      code === (result.status === 'completed' ? 0 : 1);
    if (!isRight) waiters.wrong.push(`wait ${name}: exit ${code}, ${stdout}${stderr}`);
    if (seqs.some((seq, index) => index > 0 && seq <= (seqs[index - 1] ?? 0)))
      waiters.wrong.push(`wait ${name}: events repeated or out of order: ${seqs.join(' ')}`);
    waiters.waited.push({ id, seqs });
  }

  /** Lets its leases lapse. */
  async function capacityWaiter(): Promise<void> {
    while (!isStopped) {
      const flags = [
        '--mem_bytes=24M',
        '--cpu_cores=0.08',
        '--lease_ttl=1s',
        '--owner=idler',
        '--priority=50',
      ];
      const { code, stdout, stderr, wallMs } = await cli(['wait_for_capacity', ...flags]);
      const leases = jsonAmong(stdout);
      if (code === 0 && leases.length === 1 && leases[0]?.event === 'capacity_available') waiters.leases += 1;
      else if (code === EXIT_UNREACHABLE && stdout === '' && wallMs > START_PATIENCE_MS)
        waiters.unreachable += 1;
      else waiters.wrong.push(`wait_for_capacity: exit ${code}, ${stdout}${stderr}`);
      await delay(500);
    }
  }

  const all = Array.from({ length: count }, (_, number) => waiter(randomOf(`waiter ${number}`)));
  const heard = [...all, capacityWaiter()].map((each) =>
    each.catch((error: Error) => waiters.wrong.push(error.message)),
  );

  async function stop(): Promise<void> {
    isStopped = true;
    await Promise.all(heard);
  }

  async function abandon(): Promise<void> {
    for (const client of running) client.kill('SIGKILL');
    await stop();
  }
  return waiters;
}
