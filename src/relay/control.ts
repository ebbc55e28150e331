// Controls the relay, the process that passes output of tasks to their clients. If it ends, a new one replaces it.
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { findRelays } from '../procfs/process/daemons.ts';
import { signalProcess } from '../procfs/process/process-group.ts';
import { frameReader, type Greeting, jsonFrame, KIND, type Wish } from './frames.ts';

export interface Relay {
  /** Call when the directory of the attempt exists. Starts the relay if none runs. */
  open(dir: string): void;
  /** Call when the attempt is over, also for one without a relay. */
  over(dir: string): void;
  /** The relay keeps running as long as it has attempts. */
  close(): void;
}

const RETRY_MS = 10;
const RETRY_MAX_MS = 10_000;
const CONTINUE_EVERY_MS = 2_000;

/** The bundle is next to that of the daemon. */
const PROGRAM = [join(import.meta.dirname, 'relay.cjs'), join(import.meta.dirname, 'main.ts')].find((path) =>
  existsSync(path),
);

/** As those of the launcher `babysit`. */
const NODE_FLAGS = [
  '--no-warnings',
  '--v8-pool-size=1',
  '--no-concurrent-sparkplug',
  '--no-concurrent-recompilation',
];

/** Calls `onLost` when the relay ends while it has attempts. */
export function openRelay(home: string, socketPath: string, onLost: (how: string) => void): Relay {
  /** Attempts that live, and those whose end the relay does not know yet. */
  const dirs = new Map<string, 'open' | 'over'>();
  let connection: Socket | null = null;
  let isConnected = false;
  let isClosed = false;
  let failures = 0;
  let connectedAt = 0;
  let shortLives = 0;
  /**
   * Of a relay that this daemon started. On a busy host the start takes seconds. A second relay would take the place of the
   * first, and its clients.
   */
  let startedPid: number | undefined;
  /** Of the relay that is connected. */
  let greetedPid: number | undefined;
  let retry: NodeJS.Timeout | undefined;
  let keeping: NodeJS.Timeout | undefined;

  function reach(): void {
    if (connection !== null || isClosed) return;
    keeping ??= setInterval(keepContinued, CONTINUE_EVERY_MS).unref();
    const socket = connect(socketPath);
    connection = socket;
    socket.once('connect', () => {
      isConnected = true;
      connectedAt = performance.now();
      socket.write(jsonFrame(KIND.hello, { role: 'daemon' }));
      for (const [dir, wish] of dirs) send(wish, dir);
    });
    onGreeting(socket, ({ pid }) => {
      greetedPid = pid;
      for (const [dir, wish] of dirs) if (wish === 'over') dirs.delete(dir);
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      greetedPid = undefined;
      connection = null;
      if (isClosed) return;
      if (isConnected) {
        isConnected = false;
        failures = 0;
        // One that ends soon is started again with longer and longer waits.
        shortLives = performance.now() - connectedAt < RETRY_MAX_MS ? shortLives + 1 : 0;
        if (dirs.size > 0) onLost('its connection was closed');
      } else {
        // A relay that does not come up is started again now and then.
        if (failures === 0 && startedPid === undefined) start();
        failures = (failures + 1) % RESTART_AFTER;
      }
      if (dirs.size === 0) return;
      const doublings = Math.max(0, Math.max(failures, shortLives) - 4);
      retry = setTimeout(reach, Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** doublings));
    });
    socket.unref();
  }

  function start(): void {
    // One that was stopped before it could listen ends when it continues.
    for (const pid of findRelays(home)) signalProcess(pid, 'SIGCONT');
    // A relay that was killed leaves its socket.
    rmSync(socketPath, { force: true });
    const child = spawn(process.execPath, [...NODE_FLAGS, PROGRAM ?? '', home], {
      cwd: '/',
      env: {},
      stdio: 'ignore',
      detached: true,
    });
    startedPid = child.pid;
    child.on('error', (error) => onLost(error.message));
    child.on('exit', () => {
      startedPid = undefined;
    });
    child.unref();
  }

  /** Undoes a SIGSTOP of the relay, which blocks its clients. */
  function keepContinued(): void {
    const known = greetedPid ?? startedPid;
    if (known !== undefined) signalProcess(known, 'SIGCONT');
    // One that an earlier daemon started accepts connections while it is stopped, and does not greet.
    else if (dirs.size > 0) for (const pid of findRelays(home)) signalProcess(pid, 'SIGCONT');
    else {
      clearInterval(keeping);
      keeping = undefined;
    }
  }

  function send(wish: 'open' | 'over', dir: string): void {
    const message: Wish = { wish, task: basename(dirname(dir)), attempt: Number(basename(dir)) };
    connection?.write(jsonFrame(KIND.wish, message));
  }

  return {
    open(dir) {
      dirs.set(dir, 'open');
      if (isConnected) send('open', dir);
      else reach();
    },
    over(dir) {
      if (!dirs.delete(dir)) return;
      if (isConnected) send('over', dir);
      if (greetedPid === undefined) dirs.set(dir, 'over');
    },
    close() {
      isClosed = true;
      clearTimeout(retry);
      clearInterval(keeping);
      connection?.end();
    },
  };
}

function onGreeting(socket: Socket, greeted: (greeting: Greeting) => void): void {
  const read = frameReader((_kind, content) => greeted(JSON.parse(content.toString()) as Greeting), null);
  socket.on('data', (chunk) => {
    try {
      read(chunk);
    } catch {
      socket.destroy();
    }
  });
}

const RESTART_AFTER = 12;
