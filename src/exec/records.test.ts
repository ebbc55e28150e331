// What the records of an attempt say, whole, half written or missing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isAlive, parseIdentity } from './process-identity.ts';
import { claimForRecovery, exitThroughTerminal, readRecords } from './records.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'babysit-records-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const put = (name: string, text: string) => writeFileSync(join(dir, name), text);
const STAT = `41 (my (odd) na me) S 1 40 41 0 -1 4194560 ${'0 '.repeat(12)}987654 0 0`;

/** The room taken for the record beforehand. */
const BLANK = ' '.repeat(51);

describe('an exit record', () => {
  const TABLE: [string, { code: number | null; signal: string | null } | null][] = [
    ['code=0 end\n', { code: 0, signal: null }],
    ['code=3 end\n', { code: 3, signal: null }],
    ['code=137 end\n', { code: 137, signal: null }],
    [`code=137 end\n${BLANK}supervisor.sh: line 22: 41 Killed\n`, { code: null, signal: 'SIGKILL' }],
    [`code=143 end\n${BLANK}Terminated\n`, { code: null, signal: 'SIGTERM' }],
    ['code=130 end\n', { code: null, signal: 'SIGINT' }],
    ['code=141 end\n', { code: null, signal: 'SIGPIPE' }],
    [`code=255 end\n${BLANK}what the shell said\n`, { code: 255, signal: null }],
    [`code=7 end\n${BLANK}`, { code: 7, signal: null }],
    [BLANK, null],
    [`${BLANK}Killed\n`, null],
    ['', null],
    ['code=1', null],
    ['code=13', null],
    ['code=137 end', null],
    ['nonsense\n', null],
  ];
  for (const [text, expected] of TABLE)
    it(`of ${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () => {
      put('exit', text);
      const { exit } = readRecords(dir);
      assert.deepEqual(exit && { code: exit.code, signal: exit.signal }, expected);
    });
});

describe('an exit through a terminal', () => {
  const TABLE: [code: number, isKilled: boolean, code: number | null, signal: string | null][] = [
    [3, true, 3, null],
    [139, false, null, 'SIGSEGV'],
    [143, true, null, 'SIGTERM'],
    [137, true, null, 'SIGKILL'],
    // Of `docker run`, perhaps: it must not be blamed on the kernel.
    [137, false, 137, null],
  ];
  for (const [told, isKilled, code, signal] of TABLE)
    it(`with ${told}, ${isKilled ? '' : 'not '}killed by babysit, is ${signal ?? code}`, () =>
      assert.deepEqual(exitThroughTerminal({ code: told, signal: null, at: 7 }, isKilled), {
        code,
        signal,
        at: 7,
      }));
});

describe('records', () => {
  it('of a directory that is not there say that nothing has happened', () => {
    const nothing = { supervisor: null, started: null, startFailed: null, exit: null, closedAt: null };
    assert.deepEqual(readRecords(join(dir, 'absent')), nothing);
    assert.deepEqual(readRecords(dir), nothing);
  });

  it('name supervisor and main process by pid and start time', () => {
    put('claim', `${STAT}\n`);
    put('started', `${STAT}\n`);
    const { supervisor, started, closedAt } = readRecords(dir);
    const identity = { pid: 41, groupId: 40, startTicks: 987654 };
    assert.deepEqual([supervisor, started?.main, closedAt], [identity, identity, null]);
  });

  it('are closed by the last line of the claim, at its time', () => {
    put('claim', `${STAT}\nclosed\n`);
    utimesSync(join(dir, 'claim'), 1000, 2000.5);
    const { supervisor, closedAt } = readRecords(dir);
    assert.deepEqual([supervisor?.pid, closedAt], [41, 2_000_500]);
  });

  it('say why the command did not start, and not what a command that ran writes there itself', () => {
    put('started', `${STAT}\n`);
    put('start_failed', 'the working directory cannot be entered: /gone\n');
    const startFailed = (exit: string): string | null => {
      put('exit', exit);
      return readRecords(dir).startFailed;
    };
    assert.equal(startFailed('code=125 end\n'), 'the working directory cannot be entered: /gone');
    assert.equal(startFailed('code=0 end\n'), null);
    rmSync(join(dir, 'started'));
    assert.notEqual(startFailed('code=0 end\n'), null);
  });

  it('that are something else than a file are taken for missing', () => {
    mkdirSync(join(dir, 'exit'));
    execFileSync('mkfifo', [join(dir, 'started')]);
    const { started, exit } = readRecords(dir);
    assert.deepEqual([started, exit], [null, null]);
  });
});

describe('claim', () => {
  it('is taken by the daemon if no supervisor was first, and stays taken for the next one', () => {
    assert.deepEqual([claimForRecovery(dir), claimForRecovery(dir)], ['taken', 'taken']);
    assert.equal(readRecords(dir).supervisor, null);
  });
  it('of a supervisor is left to it, also when it has only just been made', () => {
    put('claim', '');
    assert.equal(claimForRecovery(dir), 'begun');
    put('claim', `${STAT}\n`);
    assert.equal(claimForRecovery(dir), 'begun');
    assert.equal(readRecords(dir).supervisor?.pid, 41);
  });
});

describe('process identity', () => {
  const TABLE: [string, object | null][] = [
    [STAT, { pid: 41, groupId: 40, startTicks: 987654 }],
    ['   41    40', { pid: 41, groupId: 40, startTicks: null }],
    ['41', { pid: 41, groupId: null, startTicks: null }],
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
