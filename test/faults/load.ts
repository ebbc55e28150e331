// Agents that submit, kill, pause, adjust, retry and lease without a pause, and keep every promise they got.
import { setTimeout as delay } from 'node:timers/promises';
import type { RunBody } from '../../src/api/schemas/run.ts';
import { ANY, commandOf, follower, type Kind, short } from './kinds.ts';
import type { Random } from './random.ts';
import type { Json, Reply, Rig } from './rig.ts';

/** A task that the daemon has acknowledged: it must exist, and end as its kind does. */
export interface Promised {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly kind: Kind;
  readonly after: Promised | null;
  /** Retries by hand: those acknowledged, and those without an answer. */
  extraRuns: number;
  perhapsRuns: number;
  /** A kill was acknowledged. */
  isKilled: boolean;
  /** The parent of its command was killed: its exit code may be lost with it. */
  mayBeLost: boolean;
}

export interface Load {
  readonly promised: Promised[];
  /** Orders that were answered; name -> how often. */
  readonly answered: Map<string, number>;
  /** Answers that a daemon must never give. */
  readonly wrong: string[];
  /** Called when the answer to an order has come; the moment to strike. */
  onAnswer: (order: string) => void;
  /** Ends the orders; resolves when the last ones are answered. */
  stop(): Promise<void>;
}

const ORDERS = ['run', 'run', 'run', 'batch', 'chain', 'lease', 'kill', 'kill', 'pause', 'adjust', 'retry'];
const ADDING = new Set(['run', 'batch', 'chain', 'lease', 'retry']);
/** More than run at once on two cores, so that there is always a queue. */
const MAX_LIVE = 30;
const BATCH_LINES = 4;
const LEASE_TTL = '4s';
const DISK_ERRORS = new Set(['disk_error', 'disk_full', 'internal', 'bad_cwd']);

/** `mayFail`: the disk fails at times, and a request may be refused for it. */
export function startLoad(
  rig: Rig,
  randomOf: (actor: string) => Random,
  agents: number,
  mayFail = false,
): Load {
  const isDiskError = (body: Json) => mayFail && DISK_ERRORS.has(String(body.error));
  const promised: Promised[] = [];
  const answered = new Map<string, number>();
  const wrong: string[] = [];
  let isStopped = false;
  let submissions = 0;
  const load: Load = { promised, answered, wrong, onAnswer: () => {}, stop };

  const origin = {
    cwd: rig.base,
    project: rig.base,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: rig.base },
  };

  function bodyOf(kind: Kind, more: Partial<RunBody> = {}): Partial<RunBody> & { name: string; key: string } {
    submissions += 1;
    const name = `${kind.name}-${submissions}`;
    return {
      command: commandOf(kind, rig.ran),
      queue: true,
      estimated_time: '20s',
      kill_timeout: '1h',
      estimated_mem_bytes: '24M',
      estimated_cpu_cores: 0.08,
      ...kind.flags,
      ...more,
      name: more.name ?? name,
      key: more.key ?? name,
    };
  }

  function noteAnswer(order: string): void {
    answered.set(order, (answered.get(order) ?? 0) + 1);
    load.onAnswer(order);
  }

  function promise(task: Json, name: string, kind: Kind, after: Promised | null = null): Promised {
    const entry: Promised = {
      id: String(task.id),
      name,
      key: name,
      kind,
      after,
      extraRuns: 0,
      perhapsRuns: 0,
      isKilled: false,
      mayBeLost: false,
    };
    promised.push(entry);
    return entry;
  }

  async function run(kind: Kind, more: Partial<RunBody> = {}, after: Promised | null = null) {
    const { name, ...rest } = bodyOf(kind, more);
    const { status, body } = await rig.insist('POST', '/v1/tasks', { ...origin, ...rest, name });
    if (status === 201) {
      const entry = promise(body, name, kind, after);
      noteAnswer('run');
      return entry;
    }
    if (body.error === 'lease_expired' && more.lease !== undefined) return null;
    if (isDiskError(body)) return null;
    wrong.push(`run ${name}: ${status} ${JSON.stringify(body)}`);
    return null;
  }

  async function batch(random: Random): Promise<void> {
    const kinds = Array.from({ length: BATCH_LINES }, () => short(random));
    const lines = kinds.map((kind) => bodyOf(kind));
    const { status, body } = await rig.insist('POST', '/v1/batch', { caller: origin, lines });
    const answers = (body.lines ?? []) as Json[];
    for (const [index, kind] of kinds.entries()) {
      const [line, answer] = [lines[index], answers[index]];
      if (line !== undefined && isDiskError(answer ?? body)) continue;
      if (line === undefined || answer?.id === undefined)
        wrong.push(`batch: ${status} ${JSON.stringify(answer ?? body)}`);
      else promise(answer, line.name, kind);
    }
    noteAnswer('batch');
  }

  async function chain(random: Random): Promise<void> {
    const first = await run(short(random));
    if (first === null) return;
    const second = await run(follower(first.kind.end.exitCode !== 0), { after: first.id }, first);
    if (second !== null)
      await run(follower(first.kind.end.exitCode !== 0), { after: [first.id, second.id] }, second);
  }

  /** Waits for a lease, holds it for a moment, then uses it. */
  async function lease(random: Random): Promise<void> {
    let granted: Json | null = null;
    const body = {
      mem_bytes: '24M',
      cpu_cores: 0.08,
      lease_ttl: LEASE_TTL,
      project: rig.base,
      owner: 'lessee',
    };
    while (granted === null && !isStopped)
      await rig.follow('/v1/tickets', body, (line) => {
        if (line.event === 'capacity_available') granted = line;
      });
    const { lease: id, expires_at } = (granted ?? {}) as Json;
    if (id === undefined) return;
    noteAnswer('lease');
    await delay(random.between(0, 400));
    const used = await run(short(random), { lease: String(id), owner: 'lessee', queue: false });
    if (used === null && !mayFail && Date.now() < Date.parse(String(expires_at)))
      wrong.push(`lease ${id} was not honoured although it is good until ${expires_at}`);
    if (used !== null) noteAnswer('leased run');
  }

  function some(random: Random, isWanted: (entry: Promised) => boolean): Promised | null {
    const found = promised.filter(isWanted).slice(-12);
    return found.length === 0 ? null : random.pick(found);
  }

  /** Orders about a task that may have ended: a refusal is an answer. */
  async function change(order: string, entry: Promised, body: object = {}): Promise<Reply | null> {
    const reply = await rig.ask('POST', `/v1/tasks/${entry.id}/${order}`, body);
    if (reply !== null && reply.status !== 409 && reply.status >= 300 && !isDiskError(reply.body))
      wrong.push(`${order} ${entry.name}: ${reply.status} ${JSON.stringify(reply.body)}`);
    if (reply !== null && reply.status < 300) noteAnswer(order);
    return reply;
  }

  async function retry(random: Random): Promise<void> {
    const entry = some(
      random,
      ({ kind, extraRuns, perhapsRuns }) => kind.name === 'short' && extraRuns + perhapsRuns < 2,
    );
    if (entry === null) return;
    const reply = await change('retry', entry);
    if (reply === null) entry.perhapsRuns += 1;
    else if (reply.status < 300) entry.extraRuns += 1;
  }

  async function perform(order: string, random: Random): Promise<void> {
    switch (order) {
      case 'run':
        await run(random.pick(ANY)(random));
        return;
      case 'batch':
        return batch(random);
      case 'chain':
        return chain(random);
      case 'lease':
        return lease(random);
      case 'retry':
        return retry(random);
      case 'kill': {
        const entry = some(random, (entry) => isEndless(entry) && !entry.isKilled);
        const reply = entry && (await change('kill', entry, random.chance(0.2) ? { force: true } : {}));
        if (entry !== null && reply !== null && reply.status < 300) entry.isKilled = true;
        return;
      }
      case 'pause': {
        const entry = some(random, ({ kind }) => kind.name === 'long');
        if (entry === null) return;
        await change('pause', entry);
        await delay(random.between(0, 500));
        // No other actor resumes it, and a second resume does nothing.
        while ((await change('resume', entry)) === null);
        return;
      }
      default: {
        const entry = some(random, ({ kind }) => kind.name === 'long' || isEndless({ kind }));
        if (entry !== null)
          await change('adjust', entry, {
            estimated_time: `${random.between(20, 90)}s`,
            priority: random.between(0, 9),
          });
      }
    }
  }

  async function agent(random: Random): Promise<void> {
    while (!isStopped) {
      const { body } = await rig.insist('GET', '/v1/status');
      // An injected error may be the answer.
      if (mayFail && body.tasks === undefined) continue;
      const { running, paused, pending } = body.tasks as Record<string, number>;
      const isCrowded = (running ?? 0) + (paused ?? 0) + (pending ?? 0) >= MAX_LIVE;
      const order = random.pick(ORDERS);
      await perform(isCrowded && ADDING.has(order) ? 'kill' : order, random);
      await delay(random.between(0, isCrowded ? 200 : 60));
    }
  }

  const all = Array.from({ length: agents }, (_, number) =>
    agent(randomOf(`agent ${number}`)).catch((error) => wrong.push(`agent ${number}: ${error.stack}`)),
  );

  async function stop(): Promise<void> {
    isStopped = true;
    await Promise.all(all);
  }
  return load;
}

export function isEndless({ kind }: Pick<Promised, 'kind'>): boolean {
  return kind.end.killReason === 'manual';
}
