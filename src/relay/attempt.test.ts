// The end of a relayed attempt whose command has not opened its pipes, or whose supervisor was killed.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { stopMark, terminalMark } from '../core/streams.ts';
import { RelayedAttempt } from './attempt.ts';
import { KIND } from './frames.ts';

const END = [KIND.end, '{"code":3,"signal":null,"startFailed":null}'];

for (const opened of [[], ['out'], ['out', 'err']])
  it(`reports the end when the command has opened ${opened.join(' and ') || 'no pipe'}`, async (t) => {
    const dir = join(tempDir(t), '1');
    mkdirSync(dir);
    execFileSync('mkfifo', [`${dir}.out`, `${dir}.err`]);
    const frames: unknown[] = [];
    const attempt = new RelayedAttempt(dir, { onIdle() {}, onShown() {}, pause() {} });
    const send = (kind: number, content: Buffer) => void frames.push([kind, String(content)]);
    attempt.attach({ send, waitsForTerminal: false, end() {}, moveTo() {} }, null);
    appendFileSync(join(dir, 'claim'), 'claimed 1.5\nstarted 1.5 1 (x) S 1 1\n');
    attempt.look();
    for (const name of opened) {
      const fd = openSync(`${dir}.${name}`, constants.O_WRONLY | constants.O_NONBLOCK);
      writeSync(fd, name);
      closeSync(fd);
    }
    appendFileSync(join(dir, 'claim'), 'exit 2.5 3\n');
    await waitUntil(() => attempt.isOver, { what: 'the end' });
    attempt.taken(KIND.out, 3);
    attempt.taken(KIND.err, 3);
    const outputs = [KIND.out, KIND.err]
      .map((kind, at) => [kind, ['out', 'err'][at]])
      .slice(0, opened.length);
    const pipes = [
      { stream: KIND.out, path: `${dir}.out` },
      { stream: KIND.err, path: `${dir}.err` },
    ];
    const ready = [KIND.ready, JSON.stringify({ stdin: null, outputs: pipes })];
    assert.deepEqual(frames, [ready, ...outputs, END]);
    assert.ok(!existsSync(`${dir}.out`));
  });

it('keeps an input closed whose end was asked for before the command had started', (t) => {
  const dir = join(tempDir(t), '1');
  mkdirSync(dir);
  execFileSync('mkfifo', [`${dir}.in`, `${dir}.out`]);
  const attempt = new RelayedAttempt(dir, { onIdle() {}, onShown() {}, pause() {} });
  attempt.wish({ wish: 'close_stdin' });
  appendFileSync(join(dir, 'claim'), 'claimed 1.5\nstarted 1.5 1 (x) S 1 1\n');
  attempt.look();
  assert.ok(attempt.hasBegun);
  const fd = openSync(`${dir}.in`, constants.O_RDONLY | constants.O_NONBLOCK);
  t.after(() => closeSync(fd));
  assert.equal(readSync(fd, Buffer.alloc(1)), 0);
  appendFileSync(join(dir, 'claim'), 'exit 2.5 3\n');
  attempt.over();
});

for (const how of ['look', 'over'] as const)
  it(`passes the output that an earlier relay has left in a pipe of an ended command, at ${how}`, async (t) => {
    const dir = join(tempDir(t), '1');
    mkdirSync(dir);
    execFileSync('mkfifo', [`${dir}.out`]);
    // The client holds its read end while a relay is replaced.
    const held = openSync(`${dir}.out`, constants.O_RDONLY | constants.O_NONBLOCK);
    t.after(() => closeSync(held));
    const writer = openSync(`${dir}.out`, constants.O_WRONLY);
    writeSync(writer, 'left');
    closeSync(writer);
    appendFileSync(join(dir, 'claim'), 'claimed 1.5\nstarted 1.5 1 (x) S 1 1\nexit 2.5 3\n');
    const frames: unknown[] = [];
    const attempt = new RelayedAttempt(dir, { onIdle() {}, onShown() {}, pause() {} });
    attempt[how]();
    await waitUntil(() => attempt.isOver, { what: 'the end' });
    const send = (kind: number, content: Buffer) => void frames.push([kind, String(content)]);
    attempt.attach({ send, waitsForTerminal: false, end() {}, moveTo() {} }, null);
    attempt.taken(KIND.out, 4);
    assert.deepEqual(frames.slice(1), [[KIND.out, 'left'], END]);
  });

it('reports a stop to a client that comes back to another relay', (t) => {
  const dir = join(tempDir(t), '1');
  mkdirSync(dir);
  appendFileSync(join(dir, 'claim'), 'claimed 1.5\nstarted 1.5 1 (x) S 1 1\n');
  writeFileSync(stopMark(dir), '');
  const done: unknown[] = [];
  const attempt = new RelayedAttempt(dir, { onIdle() {}, onShown() {}, pause: (is) => done.push(is) });
  t.after(() => attempt.over());
  attempt.look();
  assert.equal(done.length, 0);
  attempt.attach(
    { send: (kind) => void done.push(kind), waitsForTerminal: false, end() {}, moveTo() {} },
    null,
  );
  assert.deepEqual(done, [true, KIND.stopped, KIND.ready]);
});

it('is ready when its command has the terminal', async (t) => {
  const dir = join(tempDir(t), '1');
  mkdirSync(dir);
  appendFileSync(join(dir, 'claim'), 'claimed 1.5\nstarted 1.5 1 (x) S 1 1\n');
  const kinds: number[] = [];
  const attempt = new RelayedAttempt(dir, { onIdle() {}, onShown() {}, pause() {} });
  t.after(() => attempt.over());
  const send = (kind: number) => void kinds.push(kind);
  attempt.attach({ send, waitsForTerminal: true, end() {}, moveTo() {} }, null);
  assert.ok(attempt.hasBegun && kinds.length === 0);
  writeFileSync(terminalMark(dir), '/dev/pts/1 1\n');
  await waitUntil(() => kinds.includes(KIND.ready), { what: 'the client to be ready' });
});

for (const isRemoved of [false, true])
  it(`ends without a recorded exit, its directory ${isRemoved ? 'removed' : 'in place'}`, async (t) => {
    const dir = join(tempDir(t), '1');
    mkdirSync(dir);
    const [supervisor, main] = ['60', '61'].map((seconds) => {
      const child = spawn('sleep', [seconds], { detached: true });
      t.after(() => child.kill('SIGKILL'));
      return { child, stat: readFileSync(`/proc/${child.pid}/stat`, 'utf8') };
    });
    assert.ok(supervisor && main);
    appendFileSync(join(dir, 'claim'), `supervisor 1.5 ${supervisor.stat}started 1.5 ${main.stat}`);
    const frames: unknown[] = [];
    const attempt = new RelayedAttempt(dir, { onIdle() {}, onShown() {}, pause() {} });
    t.after(() => attempt.over());
    const send = (kind: number, content: Buffer) => void frames.push([kind, String(content)]);
    attempt.attach({ send, waitsForTerminal: false, end() {}, moveTo() {} }, null);
    if (isRemoved) rmSync(dir, { recursive: true });
    supervisor.child.kill('SIGKILL');
    await once(supervisor.child, 'exit');
    attempt.look();
    assert.ok(!attempt.isOver);
    const ended = once(main.child, 'exit');
    attempt.wish({ wish: 'signal', signal: 'SIGTERM', number: 1 });
    await ended;
    await waitUntil(() => attempt.isOver, { what: 'the end' });
    assert.deepEqual(frames.at(-1), [KIND.end, '{"code":null,"signal":null,"startFailed":null}']);
  });
