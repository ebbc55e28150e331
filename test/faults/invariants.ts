// The promises that hold after any number of kills, checked against the database, the notes of the tasks and the host.
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RecordedEvent, WAIT_EVENTS } from '../../src/core/events.ts';
import { isEnded, type Task, type TaskId } from '../../src/core/task.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { groupTag } from '../support/home.ts';
import { processesOf } from '../support/processes.ts';
import { PRINTED_LINES } from './kinds.ts';
import type { Promised } from './load.ts';
import type { Rig } from './rig.ts';
import type { Waited } from './waiters.ts';

export interface Ledger {
  readonly promised: readonly Promised[];
  readonly waited: readonly Waited[];
}

export interface Findings {
  /** Each is a promise that was not kept. */
  readonly broken: string[];
  readonly runs: number;
  readonly requeued: number;
  readonly restartsTold: number;
  readonly eventsTold: number;
}

/** Call when the daemon has stopped. `mayFail`: errors were injected, so the daemon logs them. */
export function examineRun(rig: Rig, { promised, waited }: Ledger, mayFail = false): Findings {
  const broken: string[] = [];
  const store = openStore(rig.home.database);
  const notes = readNotes(rig.ran);
  let [requeued, restartsTold] = [0, 0];
  try {
    const tasks = new Map(store.list({}).map((task) => [task.id as string, task]));
    for (const entry of promised) {
      const task = tasks.get(entry.id);
      if (task === undefined) broken.push(`lost: ${entry.name} ${entry.id} was acknowledged`);
      else {
        const found = [...objections(entry, task, notes), ...brokenLog(rig, entry, task)];
        const events = found.length === 0 ? [] : store.eventsAfter(task.id, 0);
        broken.push(...found, ...events.map((event) => `  ${JSON.stringify(event)}`));
      }
    }
    const names = [...tasks.values()].map(({ key }) => key);
    if (new Set(names).size !== names.length) broken.push('a submission that was repeated made two tasks');
    const ids = new Set(promised.map(({ id }) => id));
    for (const task of tasks.values())
      if (!ids.has(task.id)) broken.push(`never acknowledged: ${task.name} ${task.id}`);
    for (const [key, count] of notes.begun)
      if (count > 1) broken.push(`run twice: ${key} began ${count} times`);
    for (const id of tasks.keys()) {
      const events = store.eventsAfter(id as TaskId, 0);
      requeued += events.filter(({ event }) => event === 'requeued').length;
      restartsTold += events.filter(({ event }) => event === 'daemon_restarted').length;
    }
    for (const one of waited) broken.push(...missedEvents(store, one));
    if (store.leases().length > 0) broken.push(`${store.leases().length} leases never lapsed`);
  } finally {
    store.close();
  }
  broken.push(...leftovers(rig, new Set(promised.map(({ id }) => id))), ...complaints(rig, mayFail));
  return {
    broken,
    runs: notes.begun.size,
    requeued,
    restartsTold,
    eventsTold: waited.reduce((sum, { seqs }) => sum + seqs.length, 0),
  };
}

interface Notes {
  /** "id attempt" -> how often that attempt began. */
  readonly begun: ReadonlyMap<string, number>;
  /** id -> line numbers. */
  readonly begins: ReadonlyMap<string, readonly number[]>;
  readonly ends: ReadonlyMap<string, readonly number[]>;
}

function readNotes(path: string): Notes {
  const begun = new Map<string, number>();
  const begins = new Map<string, number[]>();
  const ends = new Map<string, number[]>();
  for (const [line, text] of readFileSync(path, 'utf8').trimEnd().split('\n').entries()) {
    const [word, id = '', attempt] = text.split(' ');
    const lines = word === 'begin' ? begins : ends;
    lines.set(id, [...(lines.get(id) ?? []), line]);
    if (word === 'begin') begun.set(`${id} ${attempt}`, (begun.get(`${id} ${attempt}`) ?? 0) + 1);
  }
  return { begun, begins, ends };
}

/** The exit code of a command is lost with its parent, and then those that come after it do not begin. */
function mayBeLost({ mayBeLost: isLost, after }: Promised): boolean {
  return isLost || (after !== null && mayBeLost(after));
}

function isLost({ state }: Task): boolean {
  return (
    (state.status === 'interrupted' && state.reason === 'supervisor_lost') ||
    (state.status === 'failed' && state.attempt === null)
  );
}

/** A task that babysit killed has no exit when its parent was killed before it could record one. */
function isKilledWithoutParent({ mayBeLost: isLost }: Promised, { state }: Task): boolean {
  return isLost && state.status === 'killed' && state.exit === null;
}

/** Of an attempt that ended by itself: every line in order, or the mark of a gap. */
function brokenLog(
  { home }: Rig,
  { kind, name, id, mayBeLost: isParentKilled }: Promised,
  task: Task,
): string[] {
  const { state } = task;
  if (kind.name !== 'printer' || !isEnded(state) || isLost(task)) return [];
  if ((state.exit ?? null) === null || state.attempt === null) return [];
  const attempt = join(home.tasks, id, String(state.attempt.number));
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : 'no such file');
  const text = read(`${attempt}.log`);
  const whole = Array.from({ length: PRINTED_LINES }, (_, i) => `line ${i + 1}\n`).join('');
  if (text === whole || text.includes('[babysit: output is missing above')) return [];
  const claim = read(join(attempt, 'claim'));
  return [
    `log ${attempt} of ${name}${isParentKilled ? ', whose parent was killed' : ''}: ${text}\nclaim: ${claim}`,
  ];
}

function objections(entry: Promised, task: Task, { begins, ends }: Notes): string[] {
  if (mayBeLost(entry) && isLost(task)) return [];
  const { kind, name } = entry;
  const found: string[] = [];
  const { state } = task;
  const parent = entry.mayBeLost ? ', whose parent was killed,' : '';
  const how = `${name} (${kind.name})${parent} is ${JSON.stringify(state)}`;
  if (!isEnded(state)) return [`never ended: ${how}`];
  const { end } = kind;
  // Killed while it was pending, it never began.
  const isUnbegun = state.status === 'killed' && state.attempt === null;
  if (state.status !== end.status) found.push(`wrong status, ${end.status} was due: ${how}`);
  else if (end.exitCode !== null && state.exit?.code !== end.exitCode)
    found.push(`wrong exit code, ${end.exitCode} was due: ${how}`);
  else if (
    end.signal !== undefined &&
    state.exit?.signal !== end.signal &&
    !isUnbegun &&
    !isKilledWithoutParent(entry, task)
  )
    found.push(`wrong signal, ${end.signal} was due: ${how}`);
  if (end.killReason !== undefined && (state.status !== 'killed' || state.kill.reason !== end.killReason))
    found.push(`wrong reason, ${end.killReason} was due: ${how}`);
  const runs = begins.get(entry.id)?.length ?? 0;
  const least = isUnbegun ? 0 : kind.runs + entry.extraRuns;
  const most = kind.runs + entry.extraRuns + entry.perhapsRuns;
  // A task that is killed at its start may end before its first line.
  if ((runs < least && end.killReason !== 'manual') || runs > most)
    found.push(`began ${runs} times, ${least} to ${most} were due: ${how}`);
  const [began, firstEnd] = [begins.get(entry.id)?.[0], ends.get(entry.after?.id ?? '')?.[0]];
  if (entry.after !== null && began !== undefined && (firstEnd === undefined || firstEnd > began))
    found.push(`began before ${entry.after.name}, which it comes after, had ended: ${how}`);
  return found;
}

/** From its first event to the end, a client must have seen every event that `wait` prints. */
function missedEvents(store: Store, { id, seqs }: Waited): string[] {
  const [first] = seqs;
  if (first === undefined) return [];
  const events = store.eventsAfter(id as TaskId, first - 1);
  const end = events.find(({ event, seq }) => event === 'ended' && seq > (seqs.at(-1) ?? 0))?.seq ?? 0;
  // A change of its estimates from before the wait is not printed.
  const isDue = ({ event, seq }: RecordedEvent) =>
    WAIT_EVENTS.has(event) && seq < end && (event !== 'adjusted' || seqs.includes(seq));
  const due = events.filter(isDue).map(({ seq }) => seq);
  return due.join() === seqs.join() ? [] : [`a client of ${id} printed ${seqs}, ${due} had happened`];
}

function leftovers(rig: Rig, ids: ReadonlySet<string>): string[] {
  const found = processesOf(rig.base).map((line) => `process left: ${line}`);
  // Not find(1), which fails when a test beside this one removes a group that it has just listed.
  for (const group of globSync(`**/babysit-${groupTag(rig.home.dir)}`, { cwd: '/sys/fs/cgroup' }))
    found.push(`cgroup left: ${group}`);
  const state = new Set([
    ...['babysit.db', 'babysit.db-reserve', 'babysit.id', 'config.json'],
    ...['daemon.lock', 'daemon.log', 'host.outside', 'host.series', 'tasks'],
  ]);
  for (const file of readdirSync(rig.home.dir)) if (!state.has(file)) found.push(`file left: ${file}`);
  for (const id of readdirSync(rig.home.tasks)) if (!ids.has(id)) found.push(`directory left: tasks/${id}`);
  return found;
}

/** Levels of pino. Without injected errors, nothing in this test is an error of the daemon. */
const [ERROR_LEVEL, FATAL_LEVEL] = [50, 60];

function complaints({ home, endings }: Rig, mayFail: boolean): string[] {
  const lines = readFileSync(home.log, 'utf8').split('\n').filter(Boolean);
  const errors = lines.filter((line) => {
    if (!line.startsWith('{')) return !mayFail && !line.startsWith('babysit: a daemon is already running');
    if (line.includes('"spawner ended, starting another"')) return false;
    // SIGKILL may have cut off the line.
    const level = Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? 0);
    return level >= (mayFail ? FATAL_LEVEL : ERROR_LEVEL);
  });
  return [...endings.map((how) => `ended by itself: ${how}`), ...errors.map((line) => `daemon.log: ${line}`)];
}
