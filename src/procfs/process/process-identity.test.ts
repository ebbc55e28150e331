// The identity of a process, from text and from real processes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { isAlive, isPidAlive, parseIdentity, processAgeMs } from './process-identity.ts';

const STAT = `41 (my (odd) na me) S 1 40 41 0 -1 4194560 ${'0 '.repeat(12)}987654 0 0`;

describe('process identity', () => {
  const TABLE: [string, object | null][] = [
    [STAT, { pid: 41, groupId: 40, startTicks: 987654 }],
    ['   41    40 Sat Nov 28 19:48:01 2026', { pid: 41, groupId: 40, startTicks: 1795895281 }],
    ['   41    40 Sun Mar  1 09:08:07 2026    ', { pid: 41, groupId: 40, startTicks: 1772356087 }],
    ['   41    40', { pid: 41, groupId: 40, startTicks: null }],
    ['41', { pid: 41, groupId: null, startTicks: null }],
    ['', null],
    ['recovered', null],
    ['0 (x) S', null],
    ['-5 (x) S', null],
  ];
  for (const [text, expected] of TABLE)
    it(`of ${JSON.stringify(text.slice(0, 20))}`, () => assert.deepEqual(parseIdentity(text), expected));

  it('is alive only if pid and start time both match', {
    skip: process.platform !== 'linux' && 'needs /proc',
  }, () => {
    const own = parseIdentity(readFileSync('/proc/self/stat', 'utf8')) ?? assert.fail();
    assert.equal(isAlive(own), true);
    assert.equal(isAlive({ pid: process.pid, startTicks: 1 }), false);
    assert.equal(isAlive({ pid: process.pid, startTicks: null }), true);
    assert.equal(isAlive({ pid: 2 ** 22 + 1, startTicks: null }), false);
  });

  it('has an age by the clock that started it', {
    skip: process.platform !== 'linux' && 'needs /proc',
  }, () => {
    const ageMs = processAgeMs(parseIdentity(readFileSync('/proc/self/stat', 'utf8')));
    assert.ok(Math.abs(ageMs - process.uptime() * 1000) < 2_000);
    assert.equal(processAgeMs(null), Number.POSITIVE_INFINITY);
  });
});

it('a pid is alive until its process has ended; a zombie has', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async () => {
  assert.ok(isPidAlive(process.pid));
  assert.ok(!isPidAlive(2 ** 22 + 1));
  const parent = spawn('bash', ['-c', 'true & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(parent.stdout, 'data');
  await waitUntil(() => !isPidAlive(Number(line)), { what: 'the zombie' });
  parent.kill('SIGKILL');
  await once(parent, 'close');
});
