// Hostile clients of the socket: the daemon lives, reports what is wrong, and serves the others.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { readProcFile, sizeField } from '../../src/procfs/proc-files.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { submit } from '../support/tasks.ts';
import type { Cleanup } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';
import { random } from './random.ts';
import { exchange, latencyOf, open, openMany, post } from './socket.ts';

/** Liveness, not speed: only a daemon that stands still fails. The figures are printed. */
const STANDSTILL_MS = 120_000;
const MIB = 1024 ** 2;
const RUN = { command: 'true', cwd: '/', env: {}, project: '/' };

interface Daemon {
  readonly home: TestHome;
  readonly socket: string;
  readonly pid: number;
}

async function startDaemon(t: Cleanup): Promise<Daemon> {
  const home = testHome(t);
  const started = await home.run(['daemon-start']);
  assert.equal(started.code, 0, started.stderr);
  return { home, socket: join(home.dir, 'daemon.sock'), pid: daemonPid(home) };
}

/** Asserts that the same daemon answers. */
async function serves(t: TestContext, { home, socket, pid }: Daemon, beside: string): Promise<void> {
  const { medianMs, maxMs } = await latencyOf(socket);
  t.diagnostic(`beside ${beside}: answers in ${medianMs.toFixed(1)} ms, at most ${maxMs.toFixed(1)} ms`);
  assert.ok(maxMs < STANDSTILL_MS, `an answer took ${maxMs} ms`);
  assert.equal(daemonPid(home), pid);
}

function hangUp(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

/** In chunks, as fast as the other end takes them, until it hangs up. */
async function sendEndlessly(socket: Socket, head: string): Promise<void> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const chunk = `${MIB.toString(16)}\r\n${'x'.repeat(MIB)}\r\n`;
  socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
  while (!socket.destroyed)
    if (!socket.write(chunk)) {
      const drained = new Promise((resolve) => socket.once('drain', resolve));
      await Promise.race([drained, closed]);
    }
}

const residentBytes = (pid: number) => sizeField(readProcFile(pid, 'status') ?? '', 'VmRSS') ?? Number.NaN;

describe('hostile clients', () => {
  it('a thousand connections without a request', async (t) => {
    const daemon = await startDaemon(t);
    await serves(t, daemon, 'no other client');
    const sockets = await openMany(daemon.socket, 1000);
    await serves(t, daemon, '1000 idle connections');
    hangUp(sockets);
    await serves(t, daemon, '1000 connections that were cut');
  });

  it('garbage, unfinished heads and half-closed connections', async (t) => {
    const daemon = await startDaemon(t);
    const { between } = random(1, 'garbage');
    const garbage = () => Uint8Array.from({ length: between(1, 4000) }, () => between(0, 255));
    const sockets = await openMany(daemon.socket, 300);
    for (const [index, socket] of sockets.entries()) {
      if (index % 3 === 0) socket.write(garbage());
      else if (index % 3 === 1) socket.write('POST /v1/tasks HTTP/1.1\r\nContent-Le');
      else socket.end('GET /v1/status HTTP/1.1\r\nHost: x\r\n');
    }
    await serves(t, daemon, '300 such connections');
    hangUp(sockets);
    const half = await open(daemon.socket);
    const answer = new Promise<string>((resolve) => half.once('data', (data) => resolve(String(data))));
    half.end('GET /v1/ping HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.match(await answer, /^HTTP\/1.1 200 /);
    half.destroy();
  });

  it('bodies of 100 MB, announced or endless, take no memory', async (t) => {
    const daemon = await startDaemon(t);
    const before = residentBytes(daemon.pid);
    const head = 'POST /v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    assert.match(
      await exchange(daemon.socket, `${head}Content-Length: ${100 * MIB}\r\n\r\n{`),
      /^HTTP\/1.1 413 [\s\S]*"body_too_large"/,
    );
    const senders = await openMany(daemon.socket, 8);
    const answers: string[] = [];
    for (const socket of senders) socket.on('data', (data) => answers.push(String(data)));
    const sending = senders.map((socket) => sendEndlessly(socket, head));
    await serves(t, daemon, '8 bodies without an end');
    // A client that keeps sending may lose its connection before it reads the answer.
    await Promise.all(sending);
    for (const answer of answers) assert.match(answer, /^HTTP\/1.1 413 /);
    const grownBytes = residentBytes(daemon.pid) - before;
    t.diagnostic(`the daemon has grown by ${Math.round(grownBytes / MIB)} MiB`);
    assert.ok(grownBytes < 200 * MIB, `${grownBytes} bytes`);
  });

  it('readers of a long log and of events that stop reading', async (t) => {
    const daemon = await startDaemon(t);
    const { home, socket, pid } = daemon;
    await submit(home, 'wordy', 'yes abcdefghijklmnopqrstuvwxyz | head -c 50000000; sleep 600');
    const log = join(home.dir, 'tasks');
    const isWritten = async () => {
      const found = await home.run(['status', 'wordy', '--full', '--json']);
      const { log_path } = JSON.parse(found.stdout);
      return log_path !== null && statSync(log_path, { throwIfNoEntry: false })?.size === 50_000_000;
    };
    await waitUntil(isWritten, { what: `the log in ${log}` });
    const before = residentBytes(pid);
    const sockets = await openMany(socket, 100);
    for (const [index, socket] of sockets.entries()) {
      socket.pause();
      const what = index % 2 === 0 ? 'log?full=1&follow=1' : 'events';
      socket.write(`GET /v1/tasks/wordy/${what} HTTP/1.1\r\nHost: x\r\n\r\n`);
    }
    await serves(t, daemon, '100 readers that do not read');
    const grownBytes = residentBytes(pid) - before;
    t.diagnostic(`the daemon has grown by ${Math.round(grownBytes / MIB)} MiB`);
    assert.ok(grownBytes < 200 * MIB, `${grownBytes} bytes`);
    hangUp(sockets);
  });

  it('a thousand requests at once over one connection', async (t) => {
    const daemon = await startDaemon(t);
    const socket = await open(daemon.socket);
    socket.pause();
    socket.write('GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000));
    await serves(t, daemon, '1000 requests whose answers stay unread');
    socket.destroy();
  });
});

describe('hostile requests', () => {
  let daemon: Daemon;
  const ends: (() => void | Promise<void>)[] = [];
  before(async () => {
    daemon = await startDaemon({ after: (end) => void ends.push(end) });
  });
  after(async () => {
    for (const end of ends) await end();
  });

  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const run = (changes: object) => JSON.stringify({ ...RUN, ...changes });
  const TABLE: readonly (readonly [what: string, request: string, answer: RegExp])[] = [
    ['invalid JSON', post('/v1/tasks', '{"command":'), /^HTTP\/1.1 400 [\s\S]*"usage"/],
    ['a list', post('/v1/tasks', '[1,2]'), /^HTTP\/1.1 400 [\s\S]*"usage"/],
    ['null', post('/v1/tasks', 'null'), /^HTTP\/1.1 400 [\s\S]*"usage"/],
    ['an unknown field', post('/v1/tasks', run({ comand: 'x' })), /^HTTP\/1.1 400 [\s\S]*comand/],
    ['a prototype', post('/v1/tasks', `{"__proto__":{"queue":true},${run({}).slice(1)}`), /^HTTP\/1.1 400 /],
    [
      'JSON of 100 000 levels',
      post('/v1/tasks', `{"context":${nested(100_000)}}`),
      /^HTTP\/1.1 400 [\s\S]*"usage"/,
    ],
    [
      'a context of 100 000 levels',
      post('/v1/tasks', `{"context":${nested(100_000)},${run({}).slice(1)}`),
      /^HTTP\/1.1 400 [\s\S]*"usage"/,
    ],
    [
      'a batch of lines of 10 000 levels',
      post(
        '/v1/batch',
        `{"caller":{"cwd":"/","env":{},"project":"/"},"lines":[{"command":"true","context":${nested(10_000)}}]}`,
      ),
      /^HTTP\/1.1 200 [\s\S]*"usage"/,
    ],
    ['a NUL in the command', post('/v1/tasks', run({ command: 'a\0b' })), /^HTTP\/1.1 400 [\s\S]*NUL/],
    ['a NUL in the environment', post('/v1/tasks', run({ env: { A: 'a\0b' } })), /^HTTP\/1.1 400 [\s\S]*NUL/],
    ['a control sequence as name', post('/v1/tasks', run({ name: '\x1b[2J' })), /^HTTP\/1.1 400 [\s\S]*name/],
    ['a path as name', post('/v1/tasks', run({ name: '../../etc' })), /^HTTP\/1.1 400 [\s\S]*name/],
    [
      'a path as reference',
      'GET /v1/tasks/..%2f..%2fetc%2fpasswd/log HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      /^HTTP\/1.1 404 [\s\S]*"not_found"/,
    ],
    [
      'a reference that is not UTF-8',
      'GET /v1/tasks/%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      /^HTTP\/1.1 40[04] /,
    ],
    [
      'a huge header',
      `GET /v1/ping HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
      /^HTTP\/1.1 431 /,
    ],
    ['two lengths', post('/v1/tasks', run({}), ['Content-Length: 3']), /^HTTP\/1.1 400 /],
    ['a length and chunks', post('/v1/tasks', run({}), ['Transfer-Encoding: chunked']), /^HTTP\/1.1 400 /],
    [
      'another content type',
      post('/v1/tasks', run({})).replace('application/json', 'text/plain'),
      /^HTTP\/1.1 4(00|15) /,
    ],
  ];
  for (const [what, request, answer] of TABLE)
    it(`${what} is refused as a mistake of the caller`, async () => {
      assert.match(await exchange(daemon.socket, request), answer);
      assert.equal(daemonPid(daemon.home), daemon.pid);
    });

  it('none of these is logged as an error of the daemon', () => {
    const log = readFileSync(join(daemon.home.dir, 'daemon.log'), 'utf8');
    assert.doesNotMatch(log, /"level":[56]0/);
  });
});
