// Names the programs outside of all tasks and of babysit that use most of the host. Reads the process table only on request.
import { uptime } from 'node:os';
import { listPids } from '../proc-files.ts';
import { readProgramTitle } from '../process/process-state.ts';
import { identityKey } from '../process/process-table.ts';
import { psProcesses } from '../process/ps.ts';
import { isDead, readStat, TICK_MS } from '../process/stat.ts';
import { isOwnProgram } from './own-programs.ts';
import { readOrigin } from './process-origin.ts';

/** The processes of one name and origin. */
export interface OutsideProgram {
  readonly name: string;
  readonly processes: number;
  readonly memBytes: number;
  readonly cpuCores: number;
  /** See readOrigin. */
  readonly belongsTo: string | null;
}

export interface HostSize {
  readonly cores: number;
  readonly memBytes: number;
}

interface Found {
  readonly pid: number;
  readonly key: string;
  readonly cpuUsec: number;
  readonly rssBytes: number;
  /** Since its start. */
  readonly ageMs: number;
  readonly name: string;
}

/** A look costs about 20 us per process. */
const MOST_PROCESSES = 4096;
const CANDIDATES = 12;
const SHOWN = 3;
/** Many denials in a row share one look. */
const SHARED_MS = 2000;
/** From the look before, if it is of this age, the CPU use of now; else the mean since the start of the process. */
const COMPARED_MS = { least: 500, most: 60_000 };
const PAGE_BYTES = 4096;

export class OutsidePrograms {
  #before: { readonly monoMs: number; readonly cpuUsec: ReadonlyMap<string, number> } | null = null;
  #shown: { readonly monoMs: number; readonly programs: readonly OutsideProgram[] } | null = null;

  /** The largest first, by the part of the host's memory or cores. `ours`: the pids of all tasks. */
  largest(ours: () => ReadonlySet<number>, host: HostSize): readonly OutsideProgram[] {
    const monoMs = performance.now();
    if (this.#shown !== null && monoMs - this.#shown.monoMs < SHARED_MS) return this.#shown.programs;
    const found = listOutside(ours());
    const used = found.map((one) => ({ ...one, cores: this.#coresOf(one, monoMs) }));
    this.#before = { monoMs, cpuUsec: new Map(found.map(({ key, cpuUsec }) => [key, cpuUsec])) };
    const part = ({ cores, rssBytes }: { cores: number; rssBytes: number }) =>
      Math.max(cores / host.cores, rssBytes / host.memBytes);
    const candidates = firstOutside(used.sort((a, b) => part(b) - part(a)));
    const programs = programsOf(candidates)
      .sort((a, b) => part({ ...b, ...sizeOf(b) }) - part({ ...a, ...sizeOf(a) }))
      .slice(0, SHOWN);
    this.#shown = { monoMs, programs };
    return programs;
  }

  #coresOf({ key, cpuUsec, ageMs }: Found, monoMs: number): number {
    const sinceMs = this.#before === null ? 0 : monoMs - this.#before.monoMs;
    const beforeUsec = this.#before?.cpuUsec.get(key);
    const isComparable = sinceMs >= COMPARED_MS.least && sinceMs <= COMPARED_MS.most;
    if (beforeUsec !== undefined && isComparable) return Math.max(0, cpuUsec - beforeUsec) / 1000 / sinceMs;
    return cpuUsec / 1000 / Math.max(1000, ageMs);
  }
}

/** A daemon, a client or the relay of babysit is nothing that a user can end to make room. */
function firstOutside<T extends Found>(sorted: readonly T[]): readonly T[] {
  const outside: T[] = [];
  for (const process of sorted) {
    if (outside.length === CANDIDATES) break;
    if (!isOwnProgram(process.pid)) outside.push(process);
  }
  return outside;
}

const sizeOf = ({ cpuCores, memBytes }: OutsideProgram) => ({ cores: cpuCores, rssBytes: memBytes });

function programsOf(processes: readonly (Found & { readonly cores: number })[]): OutsideProgram[] {
  const programs = new Map<string, OutsideProgram>();
  for (const { pid, name: comm, cores, rssBytes } of processes) {
    const name = readProgramTitle(pid) ?? comm;
    const belongsTo = readOrigin(pid);
    const key = `${name}\0${belongsTo}`;
    const sum = programs.get(key) ?? { name, processes: 0, memBytes: 0, cpuCores: 0, belongsTo };
    programs.set(key, {
      ...sum,
      processes: sum.processes + 1,
      memBytes: sum.memBytes + rssBytes,
      cpuCores: sum.cpuCores + cores,
    });
  }
  return [...programs.values()];
}

/** Empty when no descriptor is left to list them. */
function listOutside(ours: ReadonlySet<number>): Found[] {
  const all = process.platform === 'linux' ? listProc(ours) : listPs(ours);
  return all.filter(({ pid }) => pid !== process.pid);
}

/** Without kernel threads, the children of process 2. */
function listProc(ours: ReadonlySet<number>): Found[] {
  const uptimeMs = 1000 * uptime();
  const found: Found[] = [];
  for (const pid of pidsOrNone().slice(0, MOST_PROCESSES)) {
    const stat = ours.has(pid) ? null : readStat(pid);
    if (stat === null || isDead(stat) || stat.ppid === 2 || pid === 2) continue;
    // proc_pid_stat(5): 14 and 15 are its own user and system time, without that of its children.
    const cpuUsec = (stat.field(14) + stat.field(15)) * TICK_MS * 1000;
    const ageMs = uptimeMs - stat.startTicks * TICK_MS;
    const rssBytes = stat.field(24) * PAGE_BYTES;
    found.push({ pid, key: identityKey(stat), cpuUsec, rssBytes, ageMs, name: stat.name });
  }
  return found;
}

function pidsOrNone(): number[] {
  try {
    return listPids();
  } catch {
    return [];
  }
}

function listPs(ours: ReadonlySet<number>): Found[] {
  return psProcesses().flatMap(({ pid, name, startTicks, cpuUsec, rssBytes, ...stat }) => {
    if (ours.has(pid) || isDead(stat)) return [];
    return [
      {
        pid,
        key: identityKey({ pid, startTicks }),
        cpuUsec,
        rssBytes,
        ageMs: Number.POSITIVE_INFINITY,
        name,
      },
    ];
  });
}
