// A home whose daemon is killed again and again, and requests to the daemon that lives.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SocketError, send } from '../../cli/client/http.ts';
import { findHome, type Home } from '../../src/config/home.ts';
import { isPidAlive } from '../../src/procfs/process/process-identity.ts';
import { runCli } from '../support/cli.ts';
import { read } from '../support/tasks.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const DAEMON = join(import.meta.dirname, '../../dist/daemon.mjs');
/** Longer than a slow machine lets a daemon wait. */
const ANSWER_MS = 120_000;

export type Json = Record<string, unknown>;
export type Method = 'GET' | 'POST';
export interface Reply {
  readonly status: number;
  readonly body: Json;
}

export interface Rig {
  /** Holds all files of the run. */
  readonly base: string;
  readonly home: Home;
  /** The file in which tasks note that they begin and end. */
  readonly ran: string;
  readonly env: NodeJS.ProcessEnv;
  /** Starts a daemon if none lives; does not wait until it answers. */
  launch(): ChildProcess | null;
  /** Resolves once a daemon answers. */
  up(): Promise<void>;
  servingPid(): number | null;
  /** Sends SIGKILL to the serving daemon and the starting one; resolves when they are gone. False if there was none. */
  kill(): Promise<boolean>;
  /** Waits for a daemon. Resolves with null when the connection broke, so that the result is unknown. */
  ask(method: Method, path: string, body?: unknown): Promise<Reply | null>;
  /** Repeats the request until an answer comes. */
  insist(method: Method, path: string, body?: unknown): Promise<Reply>;
  /** Lines of an open stream; resolves when it ends or breaks. */
  follow(path: string, body: unknown, onLine: (line: Json) => void): Promise<void>;
  /** Requests that no daemon has received are rejected from now on. */
  close(): void;
  /** Daemons that ended by themselves, and how. */
  readonly endings: readonly string[];
  /** Daemons that may end by SIGABRT. */
  readonly mayAbort: Set<number>;
}

export async function openRig(config: object): Promise<Rig> {
  const base = makeTempDir();
  const [dir, work] = [join(base, 's'), join(base, 'work')];
  for (const path of [dir, work]) mkdirSync(path, { mode: 0o700 });
  writeFileSync(
    join(dir, 'config.json'),
    JSON.stringify({ 'admission.count_outside_cpu': false, ...config }),
  );
  const env = { PATH: process.env.PATH, HOME: work, TMPDIR: base, BABYSIT_HOME: dir };
  const home = findHome(env);
  // The launcher builds a missing build; the daemon is started without it.
  const built = await runCli(['version'], { env: { ...env, ...process.env } });
  if (built.code !== 0 || !existsSync(DAEMON)) throw new Error(`no build: ${built.stderr}`);
  const endings: string[] = [];
  const mayAbort = new Set<number>();
  let child: ChildProcess | null = null;
  let isClosed = false;

  function launch(): ChildProcess | null {
    if (servingPid() !== null || (child !== null && isRunning(child))) return child;
    const log = openSync(home.log, 'a', 0o600);
    const started = spawn(process.execPath, ['--max-semi-space-size=1', DAEMON], {
      cwd: '/',
      env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    // Exit 0: a waiting client had started another one.
    started.on('exit', (code, signal) => {
      const isExpected = signal === 'SIGABRT' && mayAbort.has(started.pid ?? 0);
      if (signal !== 'SIGKILL' && code !== 0 && !isExpected)
        endings.push(`daemon ${started.pid}: ${signal ?? code}`);
    });
    child = started;
    return child;
  }

  function servingPid(): number | null {
    const pid = Number(read(home.pidFile));
    return pid > 0 && isPidAlive(pid) ? pid : null;
  }

  async function request(method: Method, path: string, body?: unknown): Promise<Reply> {
    const { status, text } = await send(home.socket, {
      method,
      path,
      timeoutMs: ANSWER_MS,
      ...(body === undefined ? {} : { body }),
    });
    return { status, body: JSON.parse(text) };
  }

  /** Rejects with `broken` or `silent` when the daemon may have carried it out. */
  async function deliver<T>(send: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await send();
      } catch (error) {
        if (!(error instanceof SocketError)) throw error;
        if (isClosed || (error.fault !== 'absent' && error.fault !== 'busy')) throw error;
        await delay(5);
      }
    }
  }

  async function ask(method: Method, path: string, body?: unknown): Promise<Reply | null> {
    try {
      return await deliver(() => request(method, path, body));
    } catch (error) {
      if (error instanceof SocketError && error.fault === 'broken') return null;
      throw error;
    }
  }

  async function insist(method: Method, path: string, body?: unknown): Promise<Reply> {
    for (;;) {
      const reply = await ask(method, path, body);
      if (reply !== null) return reply;
      if (isClosed) throw new Error(`the rig is closed: ${method} ${path}`);
    }
  }

  return {
    base,
    home,
    ran: join(base, 'ran'),
    env,
    launch,
    servingPid,
    async up() {
      launch();
      await insist('GET', '/v1/ping');
    },
    async kill() {
      const starting = child !== null && isRunning(child) ? child : null;
      const found = new Set([servingPid(), starting?.pid ?? null].filter((pid) => pid !== null));
      const gone = starting && once(starting, 'exit');
      for (const pid of found) process.kill(pid, 'SIGKILL');
      await gone;
      // A client that waits may have started the next one since.
      await waitUntil(() => !found.has(servingPid() ?? 0), {
        deadlineMs: ANSWER_MS,
        what: 'the daemon to die',
      });
      return found.size > 0;
    },
    ask,
    insist,
    async follow(path, body, onLine) {
      let rest = '';
      const onData = (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') onLine(JSON.parse(line));
      };
      const stream = { method: 'POST', path, body, timeoutMs: ANSWER_MS, onData } as const;
      await deliver(() => send(home.socket, stream)).catch((error) => {
        if (!(error instanceof SocketError && error.fault === 'broken')) throw error;
      });
    },
    close() {
      isClosed = true;
    },
    endings,
    mayAbort,
  };
}

export function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
