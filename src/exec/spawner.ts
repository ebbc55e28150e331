// Controls the spawner, a small stateless process that forks supervisors. If it ends, a new one replaces it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { getPriority } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { shortageOf } from '../core/shortages.ts';
import { signalProcess, stoppedChildren } from '../procfs/process/process-group.ts';
import { bytesOf } from '../text/bytes.ts';
import type { LogLimits, Tools } from './launch-script.ts';
import { recordsNow } from './records.ts';

export interface Spawner {
  /** Starts the supervisor of an attempt whose directory exists. If the spawner dies before that, sends it again. */
  start(request: SpawnRequest, pending: PendingStart): void;
  /** Why the last spawner ended, until a supervisor starts; else null. */
  readonly fault: string | null;
  /** The failure of a fork for a limit of processes, until a supervisor starts; else null. */
  readonly shortage: string | null;
  /** Niceness of new supervisors. */
  readonly nice: number;
  setNice(nice: number): void;
  /** Ends the spawner; its supervisors keep running. */
  close(): void;
}

/** The input of spawner.sh for one attempt. */
export interface SpawnRequest {
  readonly dir: string;
  readonly log: LogLimits;
  /** See journalScript; empty without a journal. */
  readonly journal: string;
  /** See launchScript. */
  readonly launch: string;
}

/** An attempt that may have to be sent again. The request is rebuilt then, because it holds an environment. */
export interface PendingStart {
  awaitsSupervisor(): boolean;
  request(): SpawnRequest;
}

/** The format that spawner.sh reads. */
export function requestBytes({ dir, log, journal, launch }: SpawnRequest): Buffer {
  const parts = [dir, journal, launch].map(bytesOf);
  const header = [...parts.map(({ length }) => length), log.maxBytes, log.keep].join(' ');
  return Buffer.concat([Buffer.from(`${header}\n`), ...parts]);
}

/**
 * Read at the start: an update replaces the files under a running daemon, and a new spawner must understand its requests.
 * Sent to the shell on its stdin, so that its command line stays short. A NUL ends each text: bash 3.2 has no `read -N`.
 */
export const SUPERVISOR = readFileSync(join(import.meta.dirname, 'supervisor.sh'), 'utf8');
const SPAWNER = readFileSync(join(import.meta.dirname, 'spawner.sh'), 'utf8');
const BOOTSTRAP = `IFS= read -rd '' supervisor && IFS= read -rd '' spawner && set -- "$supervisor" "$1" "$2" && eval "$spawner"`;
/** The first input of a spawner. */
export const SPAWNER_SCRIPTS = `${SUPERVISOR}\0${SPAWNER}\0`;

const RESTART_MS = 100;
const RESTART_MAX_MS = 30_000;
/** A spawner needs milliseconds for a request. One that starts nothing for this long is stopped or hangs. */
const STUCK_MS = 10_000;
/** Each spawner that replaces a stuck one gets twice the time: on a busy host its start alone may take longer. */
const STUCK_DOUBLINGS = 3;

/** The caller's environment must not reach a supervisor (LD_PRELOAD), nor the daemon's the command. */
const OPTIONS = { cwd: '/', env: {} } as const;
const PROBE_MS = 10_000;

/** The arguments of nice(1). */
export function spawnerWords(tools: Tools, niceness: number): string[] {
  // biome-ignore lint/style/noProcessEnv: the spawner's shell prints in the daemon's locale
  const locale = process.env.LC_ALL || process.env.LANG || '';
  return [
    // bash -c reads ~/.bashrc when its stdin is a socket, as pipes of Node are.
    ...['-n', String(niceness - getPriority()), tools.bash, '--norc', '-c', BOOTSTRAP, 'babysit-spawner'],
    ...[tools.path, locale],
  ];
}

/** Runs a spawner without requests. Returns why it fails, or null when it works or the host only lacks resources now. */
export function probeSpawner(tools: Tools, niceness: number): string | null {
  const { status, signal, error, stderr } = spawnSync(tools.nice, spawnerWords(tools, niceness), {
    ...OPTIONS,
    input: SPAWNER_SCRIPTS,
    encoding: 'utf8',
    timeout: PROBE_MS,
  });
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  // The host is too busy for an answer. A spawner that starts nothing is replaced later.
  if (code === 'ETIMEDOUT') return null;
  // EPIPE: it ended before it had read all of its input.
  if (error && code !== 'EPIPE') return shortageOf(error) === null ? error.message : null;
  // The end of its input ends the loop of the spawner with the status of `read`.
  // bash warns about a locale that is not installed, and works.
  const faults = stderr.split('\n').filter((line) => line !== '' && !line.includes(': warning: '));
  const hasFailed = signal !== null || (status ?? 0) > 1 || faults.length > 0;
  return hasFailed ? `${tools.bash}: ${faults.join('\n') || `exit ${signal ?? status}`}` : null;
}

/**
 * `nice` is the niceness of the spawner, whatever that of the daemon is. All its children inherit it: no task needs a
 * nice(1) process.
 * Calls `onLost` when the spawner ends unexpectedly or is replaced because it starts nothing.
 */
export function openSpawner(
  tools: Tools,
  nice: number,
  onLost: (how: string) => void,
  stuckMs = STUCK_MS,
): Spawner {
  const sent = new Set<PendingStart>();
  let niceness = nice;
  let isClosed = false;
  let reopening: NodeJS.Timeout | undefined;
  let checking: NodeJS.Timeout | undefined;
  /** Failures in a row. A supervisor that starts ends the row. */
  let failures = 0;
  let fault: string | null = null;
  let shortage: string | null = null;
  let hasProgress = false;
  let shell = open();

  function open(): ChildProcess {
    const child = spawn(tools.nice, spawnerWords(tools, niceness), {
      ...OPTIONS,
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
    });
    // bash repeats a fork that a limit refuses for half a minute. Each time it prints `NAME: fork: WHY`.
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('fork: ')) shortage = `bash: ${text.slice(text.indexOf('fork: ')).split('\n')[0]}`;
    });
    // Requests that a dead spawner did not read are sent to the next one.
    child.stdin?.on('error', () => {});
    child.stdin?.write(SPAWNER_SCRIPTS);
    let isGone = false;
    const gone = (how: string) => {
      if (isClosed || isGone || child !== shell) return;
      isGone = true;
      fault = probeSpawner(tools, niceness) ?? how;
      onLost(fault);
      reopening = setTimeout(reopen, Math.min(RESTART_MAX_MS, RESTART_MS * 2 ** failures));
      failures += 1;
    };
    child.once('exit', (code, signal) => gone(`exit ${signal ?? code}`));
    child.once('error', (error) => {
      if (shortageOf(error) === 'processes') shortage = error.message;
      gone(error.message);
    });
    return child;
  }

  function reopen(): void {
    clearTimeout(reopening);
    if (isClosed) return;
    clearTimeout(checking);
    checking = undefined;
    hasProgress = false;
    shell = open();
    // A request may be sent twice: only one supervisor gets the claim.
    for (const pending of sent) if (pending.awaitsSupervisor()) send(pending.request());
  }

  function send(request: SpawnRequest): void {
    shell.stdin?.write(requestBytes(request));
    checking ??= armCheck();
  }

  function armCheck(): NodeJS.Timeout {
    return setTimeout(check, stuckMs * 2 ** Math.min(failures, STUCK_DOUBLINGS)).unref();
  }

  function forgetStarted(): void {
    for (const pending of sent) {
      if (pending.awaitsSupervisor()) continue;
      sent.delete(pending);
      hasProgress = true;
      failures = 0;
      fault = null;
      shortage = null;
    }
  }

  function check(): void {
    checking = undefined;
    forgetStarted();
    if (isClosed || sent.size === 0) return;
    // A supervisor that was stopped before it recorded itself is known as a child of the spawner only.
    // One that has is stopped by the rotation of its log, and must not write now.
    for (const pid of stoppedChildren(shell.pid ?? 0)) if (!hasRecorded(pid)) signalProcess(pid, 'SIGCONT');
    // The first request of this time was sent at its beginning.
    if (!hasProgress) shell.kill('SIGKILL');
    hasProgress = false;
    checking = armCheck();
  }

  return {
    get fault() {
      forgetStarted();
      return fault;
    },
    get shortage() {
      forgetStarted();
      return shortage;
    },
    get nice() {
      return niceness;
    },
    start(request, pending) {
      forgetStarted();
      sent.add(pending);
      send(request);
    },
    setNice(nice) {
      if (nice === niceness) return;
      niceness = nice;
      // A process cannot lower its niceness: the old spawner finishes its requests and ends, a new one replaces it.
      shell.stdin?.end();
      shell.unref();
      reopen();
    },
    close() {
      isClosed = true;
      clearTimeout(checking);
      shell.stdin?.end();
      shell.unref();
    },
  };
}

/** The supervisor `pid` has written its identity to the claim, which it holds open. */
function hasRecorded(pid: number): boolean {
  try {
    const claim = readlinkSync(`/proc/${pid}/fd/${CLAIM_FD}`);
    return basename(claim) === 'claim' && recordsNow(dirname(claim))?.supervisor?.pid === pid;
  } catch {
    return false;
  }
}

/** See supervisor.sh. */
const CLAIM_FD = 5;
