// What tasks took, waited for and lost since a time, read from the database in pages, with the use of the host.
import { setImmediate } from 'node:timers/promises';
import type { HistoryQuery, HistorySpan, HistoryView } from '../../api/schemas/observe/history-summary.ts';
import type { Clock } from '../../core/clock.ts';
import { ownerOf } from '../../core/task.ts';
import type { Profiles } from '../../engine/profiles/profiles.ts';
import { commandKey } from '../../estimates/key.ts';
import { HOST_FIELDS, type Point } from '../../series/fields.ts';
import type { SeriesRecorder } from '../../series/recorder.ts';
import type { EndedTask } from '../../store/ended-tasks.ts';
import type { Store } from '../../store/store.ts';
import { commandText } from '../views/task-row.ts';
import { type Loss, type Run, runOf, Tally } from './tally.ts';

export interface SummaryDeps {
  readonly store: Store;
  readonly recorder: SeriesRecorder;
  readonly clock: Clock;
  readonly profiles: Profiles;
}

/** A page takes the daemon about 1 ms. */
const PAGE = 128;
/** Parts of the window. */
const SPANS = 48;

export async function historySummary(deps: SummaryDeps, query: HistoryQuery): Promise<HistoryView> {
  const untilMs = deps.clock.now().wallMs;
  const sinceMs = untilMs - query.sinceMs;
  const spanMs = query.sinceMs / SPANS;
  const spans = Array.from({ length: SPANS }, (_, index) => new Span(sinceMs + index * spanMs));
  const spanAt = (atMs: number) =>
    spans[Math.min(SPANS - 1, Math.max(0, Math.floor((atMs - sinceMs) / spanMs)))];
  const keyOf = keys(query.by);
  const all = new Tally();
  const groups = new Map<string, Tally>();
  const kills = new Map<string, Kills>();
  for await (const task of tasksSince(deps.store, sinceMs, query)) {
    const run = runOf(task);
    all.add(run);
    entry(groups, keyOf(task), () => new Tally()).add(run);
    for (const loss of run.losses) entry(kills, loss.reason, () => new Kills()).add(loss);
    spanAt(run.endedAt)?.ended(run);
  }
  const points = await deps.recorder.host({ since: sinceMs, stepMs: POINT_MS }, untilMs);
  const idle = new Idle();
  for (const [index, point] of points.entries()) {
    // A gap in the record is no time in which the room was unused.
    const lastsMs = Math.min(MAX_GAP_MS, (points[index + 1]?.at ?? untilMs) - point.at);
    const use = hostUse(point, deps.profiles.capacity.cores);
    if (use === null) continue;
    idle.add(use, lastsMs);
    spanAt(point.at)?.used(use, lastsMs);
  }
  const sorted = [...groups].sort(([, a], [, b]) => b.ranMs - a.ranMs);
  return {
    since: new Date(sinceMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    by: query.by,
    ...(await all.view()),
    groups: await Promise.all(
      sorted.slice(0, query.limit).map(async ([key, tally]) => ({ key, ...(await tally.view()) })),
    ),
    left_out: Math.max(0, sorted.length - query.limit),
    kills: [...kills]
      .map(([reason, sum]) => ({ reason, ...sum.view() }))
      .sort((a, b) => b.lost_ms - a.lost_ms),
    spans: spans.map((span) => span.view()),
    span_ms: Math.round(spanMs),
    idle: idle.view(),
  };
}

async function* tasksSince(
  store: Pick<Store, 'endedAfter'>,
  sinceMs: number,
  { project, owner }: HistoryQuery,
): AsyncGenerator<EndedTask> {
  let after = { endedAt: sinceMs, id: '' };
  for (;;) {
    const page = store.endedAfter(after, PAGE);
    for (const task of page.tasks)
      if ((project === null || task.project === project) && (owner === null || ownerOf(task) === owner))
        yield task;
    if (page.next === null) return;
    after = page.next;
    // Other clients come between two pages.
    await setImmediate();
  }
}

const KEY_CHARS = 80;

/** Parsing a command takes longer than all else. The tasks of a batch often share their commands. */
const KNOWN_MAX = 10_000;

/** Of a command the program and verb, which hold no argument. */
function keys(by: HistoryQuery['by']): (task: EndedTask) => string {
  if (by === 'owner') return ownerOf;
  if (by === 'project') return ({ project }) => project;
  const known = new Map<string, string>();
  return ({ command }) => {
    const text = commandText(command);
    const key = known.get(text) ?? (commandKey(command).subcommand || text).slice(0, KEY_CHARS);
    if (known.size < KNOWN_MAX) known.set(text, key);
    return key;
  };
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}

class Kills {
  #attempts = 0;
  #lostMs = 0;
  #lostCpuSeconds = 0;

  add({ ranMs, cpuSeconds }: Loss): void {
    this.#attempts += 1;
    this.#lostMs += ranMs;
    this.#lostCpuSeconds += cpuSeconds;
  }

  view() {
    return {
      attempts: this.#attempts,
      lost_ms: Math.round(this.#lostMs),
      lost_cpu_seconds: Math.round(100 * this.#lostCpuSeconds) / 100,
    };
  }
}

/** Old points are a minute apart. */
const POINT_MS = 60_000;
const MAX_GAP_MS = 3 * POINT_MS;

/** Percent of the host. */
interface HostShare {
  readonly memOurs: number;
  readonly memOutside: number;
  readonly memFree: number;
  readonly cpuOurs: number;
  readonly cpuOutside: number;
  readonly cpuFree: number;
  readonly isWaiting: boolean;
}

const PLACES = new Map(HOST_FIELDS.map(({ name }, index) => [name, index]));

/** Null: the pass measured no CPU use. */
function hostUse({ values }: Point, cores: number): HostShare | null {
  const value = (name: (typeof HOST_FIELDS)[number]['name']) => values[PLACES.get(name) ?? -1] ?? Number.NaN;
  const total = value('mem_total_bytes');
  const [ours, outside, reserve] = [
    value('mem_ours_bytes'),
    value('mem_outside_bytes'),
    value('mem_reserve_bytes'),
  ];
  const [cpuOurs, cpuOutside] = [value('cpu_ours_cores'), value('cpu_outside_cores')];
  const part = (amount: number, of: number) => Math.min(100, Math.max(0, (100 * amount) / of));
  const use = {
    memOurs: part(ours, total),
    memOutside: part(outside, total),
    memFree: part(total - reserve - ours - outside, total),
    cpuOurs: part(cpuOurs, cores),
    cpuOutside: part(cpuOutside, cores),
    cpuFree: part(cores - cpuOurs - cpuOutside, cores),
    isWaiting: value('pending') > 0,
  };
  return Object.values(use).some(Number.isNaN) ? null : use;
}

/** A mean over time. */
class Mean {
  #sum = 0;
  #ms = 0;

  add(value: number, ms: number): void {
    this.#sum += value * ms;
    this.#ms += ms;
  }

  get ms(): number {
    return this.#ms;
  }

  get value(): number | null {
    return this.#ms === 0 ? null : Math.round((10 * this.#sum) / this.#ms) / 10;
  }
}

class Idle {
  readonly #mem = new Mean();
  readonly #cpu = new Mean();
  readonly #memWaiting = new Mean();
  readonly #cpuWaiting = new Mean();

  add({ memFree, cpuFree, isWaiting }: HostShare, ms: number): void {
    this.#mem.add(memFree, ms);
    this.#cpu.add(cpuFree, ms);
    if (!isWaiting) return;
    this.#memWaiting.add(memFree, ms);
    this.#cpuWaiting.add(cpuFree, ms);
  }

  view(): HistoryView['idle'] {
    const [mem, cpu] = [this.#mem.value, this.#cpu.value];
    if (mem === null || cpu === null) return null;
    return {
      recorded_ms: this.#mem.ms,
      free_mem_pct: mem,
      free_cpu_pct: cpu,
      waiting_ms: this.#memWaiting.ms,
      free_mem_pct_waiting: this.#memWaiting.value,
      free_cpu_pct_waiting: this.#cpuWaiting.value,
    };
  }
}

class Span {
  readonly #at: number;
  readonly #counts = { completed: 0, failed: 0, killed: 0 };
  readonly #wait = new Mean();
  readonly #use = {
    memOurs: new Mean(),
    memOutside: new Mean(),
    cpuOurs: new Mean(),
    cpuOutside: new Mean(),
  };

  constructor(at: number) {
    this.#at = at;
  }

  ended({ status, waitMs }: Run): void {
    this.#counts[status === 'interrupted' ? 'killed' : status] += 1;
    if (waitMs !== null) this.#wait.add(waitMs, 1);
  }

  used(use: HostShare, ms: number): void {
    for (const key of ['memOurs', 'memOutside', 'cpuOurs', 'cpuOutside'] as const)
      this.#use[key].add(use[key], ms);
  }

  view(): HistorySpan {
    return {
      at: Math.round(this.#at),
      ...this.#counts,
      wait_ms: this.#wait.value === null ? null : Math.round(this.#wait.value),
      mem_ours_pct: this.#use.memOurs.value,
      mem_outside_pct: this.#use.memOutside.value,
      cpu_ours_pct: this.#use.cpuOurs.value,
      cpu_outside_pct: this.#use.cpuOutside.value,
    };
  }
}
