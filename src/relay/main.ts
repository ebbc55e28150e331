// The relay: passes the output of tasks to their clients. It is a process of its own, so that a task keeps running, and
// its client keeps getting output, when the daemon ends.
import { chmodSync, rmSync, statSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { RelayedAttempt } from './attempt.ts';
import {
  type ClientHello,
  frameReader,
  type Greeting,
  type Hello,
  head,
  KIND,
  readTaken,
  type Wish,
} from './frames.ts';
import { killTask } from './kill-task.ts';
import { reportSeen } from './report-seen.ts';
import { TaskPause } from './stop.ts';
import { untilPossible } from './until-possible.ts';

const FIRST_CONNECTION_MS = 30_000;
const TASK = /^[0-9A-HJKMNP-TV-Z]{26}$/;

function main(home: string): void {
  process.umask(0o077);
  process.on('SIGUSR1', () => {});
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  const socketPath = join(home, 'relay.sock');
  const daemonSocket = join(home, 'daemon.sock');
  const attempts = new Map<string, RelayedAttempt>();
  let daemons = 0;

  const server = createServer((connection) => serve(connection));
  server.on('error', () => process.exit(1));
  let inode: number | undefined;
  server.listen(socketPath, () => {
    chmodSync(socketPath, 0o600);
    inode = inodeOf(socketPath);
  });
  // The daemon that started it may end before it connects.
  setTimeout(exitWhenIdle, FIRST_CONNECTION_MS);

  function exitWhenIdle(): void {
    for (const [key, attempt] of attempts) if (!attempt.isNeeded) attempts.delete(key);
    if (daemons > 0 || attempts.size > 0) return;
    // The next daemon may have started another relay.
    if (inodeOf(socketPath) === inode) rmSync(socketPath, { force: true });
    process.exit(0);
  }

  function attemptOf(task: string, number: number): RelayedAttempt {
    if (!TASK.test(task) || !Number.isSafeInteger(number)) throw new Error('not an attempt');
    const key = `${task}/${number}`;
    const known = attempts.get(key);
    if (known !== undefined) return known;
    const dir = join(home, 'tasks', task, String(number));
    const pause = new TaskPause(daemonSocket, task, `${dir}.pause`, () => attempt.isOver);
    const attempt = new RelayedAttempt(dir, {
      onIdle: exitWhenIdle,
      onShown: () => reportSeen(daemonSocket, task),
      pause: (isPaused) => pause.set(isPaused),
    });
    attempts.set(key, attempt);
    return attempt;
  }

  function open(task: string, number: number): void {
    const attempt = attemptOf(task, number);
    attempt.look();
    for (const earlier of attemptsOf(task)) if (earlier !== attempt) earlier.handOverTo(attempt);
  }

  /** The newest one where the command of this one never started: the task went back into the queue. */
  function attachable(task: string, number: number): RelayedAttempt {
    const attempt = attemptOf(task, number);
    const newest = attemptsOf(task).at(-1) ?? attempt;
    return newest === attempt || attempt.hasBegun ? attempt : newest;
  }

  /** In the order of their numbers. */
  function attemptsOf(task: string): RelayedAttempt[] {
    const numberOf = (key: string) => Number(key.slice(task.length + 1));
    return [...attempts]
      .filter(([key]) => key.startsWith(`${task}/`))
      .sort(([a], [b]) => numberOf(a) - numberOf(b))
      .map(([, attempt]) => attempt);
  }

  function serve(connection: Socket): void {
    let attached: RelayedAttempt | null = null;
    let addressed: RelayedAttempt | null = null;
    let isDaemon = false;
    const send = (kind: number, content: Buffer): void => {
      connection.cork();
      connection.write(head(kind, content.length));
      connection.write(content);
      connection.uncork();
    };
    const greet = (hello: Hello): void => {
      if (hello.role === 'daemon') {
        isDaemon = true;
        daemons += 1;
        const greeting: Greeting = { pid: process.pid };
        send(KIND.hello, Buffer.from(JSON.stringify(greeting)));
        return;
      }
      if (hello.role === 'sender') addressed = attemptOf(hello.task, hello.attempt);
      else attachTo(attachable(hello.task, hello.attempt), hello);
    };
    const attachTo = (attempt: RelayedAttempt, hello: ClientHello): void => {
      const tie = hello.tie ? () => void killTask(daemonSocket, hello.task, () => attempt.isOver) : null;
      const client = {
        send,
        waitsForTerminal: hello.hasTerminal === true,
        end: () => connection.end(),
        moveTo: (next: RelayedAttempt) => attachTo(next, hello),
      };
      attached = attempt.attach(client, tie) ? attempt : null;
      addressed = attached;
      if (attached !== null) return;
      send(KIND.refused, Buffer.from('another client is attached'));
      connection.end();
    };
    const onFrame = (kind: number, content: Buffer): void => {
      if (kind === KIND.hello) greet(JSON.parse(content.toString()) as Hello);
      else if (kind === KIND.taken) {
        const { stream, bytes } = readTaken(content);
        attached?.taken(stream, bytes);
      } else if (kind === KIND.wish) {
        const wish = JSON.parse(content.toString()) as Wish;
        if (wish.wish === 'open') open(wish.task, wish.attempt);
        else if (wish.wish === 'over') {
          const attempt = attemptOf(wish.task, wish.attempt);
          // The daemon does not repeat it.
          untilPossible(() => attempt.over());
        } else if (wish.wish === 'signal')
          addressed?.wish(wish, () => send(KIND.signaled, Buffer.from(String(wish.number))));
        else addressed?.wish(wish);
      }
    };
    const read = frameReader(onFrame, null);
    connection.on('data', (chunk) => {
      try {
        read(chunk);
      } catch {
        connection.destroy();
      }
    });
    connection.on('error', () => {});
    connection.on('close', () => {
      attached?.detach();
      attached = null;
      if (isDaemon) daemons -= 1;
      exitWhenIdle();
    });
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

main(process.argv[2] ?? '');
