// What the records of an attempt say, whole, half written or missing.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isAlive, parseIdentity } from './process-identity.ts';
import { claimForRecovery, readRecords } from './records.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'babysit-records-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const put = (name: string, text: string) => writeFileSync(join(dir, name), text);
const STAT = `41 (my (odd) na me) S 1 41 41 0 -1 4194560 ${'0 '.repeat(12)}987654 0 0`;

describe('an exit record', () => {
  const TABLE: [string, { code: number | null; signal: string | null } | null][] = [
    ['code=0 told=0 end\n', { code: 0, signal: null }],
    ['code=3 told=0 end\n', { code: 3, signal: null }],
    ['code=137 told=0 end\n', { code: 137, signal: null }],
    ['code=137 told=1 end\n', { code: null, signal: 'SIGKILL' }],
    ['code=143 told=1 end\n', { code: null, signal: 'SIGTERM' }],
    ['code=130 told=0 end\n', { code: null, signal: 'SIGINT' }],
    ['code=141 told=0 end\n', { code: null, signal: 'SIGPIPE' }],
    ['code=255 told=1 end\n', { code: 255, signal: null }],
    [`code=7 told=0 end\n${' '.repeat(40)}`, { code: 7, signal: null }],
    [' '.repeat(64), null],
    ['', null],
    ['code=1', null],
    ['code=13', null],
    ['code=137 told=1 end', null],
    ['nonsense\n', null],
  ];
  for (const [text, expected] of TABLE)
    it(`of ${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () => {
      put('exit', text);
      const { exit } = readRecords(dir);
      assert.deepEqual(exit && { code: exit.code, signal: exit.signal }, expected);
    });
});

describe('records', () => {
  it('of a directory that is not there say that nothing has happened', () => {
    const nothing = { supervisor: null, started: null, startFailed: null, exit: null, closed: false };
    assert.deepEqual(readRecords(join(dir, 'absent')), nothing);
    assert.deepEqual(readRecords(dir), nothing);
  });

  it('name supervisor and main process by pid and start time', () => {
    put('claim', `${STAT}\n`);
    put('started', `${STAT}\n`);
    put('closed', '');
    const { supervisor, started, closed } = readRecords(dir);
    assert.deepEqual(
      [supervisor, started?.main, closed],
      [{ pid: 41, startTicks: 987654 }, { pid: 41, startTicks: 987654 }, true],
    );
  });
});

describe('claim', () => {
  it('is taken once: by the daemon if no supervisor was first', () => {
    assert.deepEqual([claimForRecovery(dir), claimForRecovery(dir)], [true, false]);
    assert.equal(readRecords(dir).supervisor, null);
  });
  it('of a supervisor is left to it', () => {
    put('claim', `${STAT}\n`);
    assert.equal(claimForRecovery(dir), false);
    assert.equal(readRecords(dir).supervisor?.pid, 41);
  });
});

describe('process identity', () => {
  const TABLE: [string, object | null][] = [
    [STAT, { pid: 41, startTicks: 987654 }],
    ['41', { pid: 41, startTicks: null }],
    ['', null],
    ['recovered', null],
    ['0 (x) S', null],
    ['-5 (x) S', null],
  ];
  for (const [text, expected] of TABLE)
    it(`of ${JSON.stringify(text.slice(0, 20))}`, () => assert.deepEqual(parseIdentity(text), expected));

  it('is alive only if pid and start time are both the same', {
    skip: process.platform !== 'linux' && 'needs /proc',
  }, () => {
    assert.equal(isAlive({ pid: process.pid, startTicks: 1 }), false);
    assert.equal(isAlive({ pid: process.pid, startTicks: null }), true);
    assert.equal(isAlive({ pid: 2 ** 22 + 1, startTicks: null }), false);
  });
});
