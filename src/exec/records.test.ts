// The records of an attempt: whole, half written or missing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { withoutRoot } from '../../test/support/another-user.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import {
  claimForRecovery,
  exitThroughTerminal,
  RecordsUnreadable,
  readRecords,
  recordsNow,
} from './records.ts';

const dir = join(tempDir({ after }), '1');
beforeEach(() => mkdirSync(dir));
afterEach(() => rmSync(dir, { recursive: true }));
const put = (name: string, text: string) => writeFileSync(join(dir, name), text);
const STAT = `41 (my (odd) na me) S 1 40 41 0 -1 4194560 ${'0 '.repeat(12)}987654 0 0`;

const SUPERVISOR = `claimed 999.900000\nsupervisor 1000.100000 ${STAT}\n`;
const STARTED = `started 2000.000600 ${STAT}\n`;
const KILLED = 'spawner.sh: line 22: 41 Killed                  ( eval "$launch" ) 2>&1\n';

const job = (how: string) => `[1]+  ${how.padEnd(24)}( eval "\${request:launch_at}" ) 2>&1\n`;

describe('an exit record', () => {
  const TABLE: [string, { code: number | null; signal: string | null } | null][] = [
    ['exit 1.5 0\n', { code: 0, signal: null }],
    ['exit 1.5 3\n', { code: 3, signal: null }],
    ['exit 1.5 137\n', { code: 137, signal: null }],
    [`${KILLED}exit 1.5 137\n`, { code: null, signal: 'SIGKILL' }],
    [`${KILLED}exit 1.5 137\ngap\nclosed 1.6\n`, { code: null, signal: 'SIGKILL' }],
    ['Terminated\nexit 1.5 143\n', { code: null, signal: 'SIGTERM' }],
    [`${job('Real-time signal 0')}exit 1.5 162\n`, { code: null, signal: 'SIGRTMIN' }],
    [`${job('Exit 162')}exit 1.5 162\n`, { code: 162, signal: null }],
    // The line of `jobs` decides; without one the code stays a code.
    ['exit 1.5 130\n', { code: 130, signal: null }],
    ['exit 1.5 141\n', { code: 141, signal: null }],
    [`${job('Exit 130')}exit 1.5 130\n`, { code: 130, signal: null }],
    [`${job('Exit 141')}exit 1.5 141\n`, { code: 141, signal: null }],
    [`${job('Done')}exit 1.5 0\n`, { code: 0, signal: null }],
    [`${job('Interrupt')}exit 1.5 130\n`, { code: null, signal: 'SIGINT' }],
    [`${job('Broken pipe')}exit 1.5 141\n`, { code: null, signal: 'SIGPIPE' }],
    [`${job('Segmentation fault      (core dumped)')}exit 1.5 139\n`, { code: null, signal: 'SIGSEGV' }],
    [
      `fork: retry: Resource temporarily unavailable\n${job('Exit 137')}exit 1.5 137\n`,
      { code: 137, signal: null },
    ],
    ['what the shell said\nexit 1.5 255\n', { code: 255, signal: null }],
    ['exit 1.5 143\na later line\n', { code: 143, signal: null }],
    [`gap\n${KILLED}exit 1.5 137\n`, { code: null, signal: 'SIGKILL' }],
    [`fork: retry: Resource temporarily unavailable\n${STARTED}exit 1.5 137\n`, { code: 137, signal: null }],
    [KILLED, null],
    ['exit', null],
    ['exit\n', null],
    ['exit 1.5\n', null],
    ['exit 1.5 \n', null],
    ['exit 1.5 abc\n', null],
    ['exit 1.5 1e3\n', null],
    ['exit 999999999999999999999.9 3\nexit 1.5 143\n', { code: 143, signal: null }],
    ['exit 1.5 1', null],
    ['exit 1.5 137', null],
    ['nonsense\n', null],
  ];
  for (const [text, expected] of TABLE)
    it(`of ${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () => {
      put('claim', SUPERVISOR + STARTED + text);
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
    // It may be the exit code of `docker run`: only a wait status proves a signal.
    [137, false, 137, null],
    [130, false, 130, null],
  ];
  for (const [byShell, isKilled, code, signal] of TABLE)
    it(`with ${byShell}, ${isKilled ? '' : 'not '}killed by babysit, is ${signal ?? code}`, () =>
      assert.deepEqual(exitThroughTerminal({ code: byShell, signal: null, at: 7 }, isKilled), {
        code,
        signal,
        at: 7,
      }));
});

describe('records', () => {
  it('of an absent directory are empty', () => {
    const nothing = {
      supervisor: null,
      started: null,
      startFailed: null,
      exit: null,
      isUnitEnded: false,
      isUnitOom: false,
      io: null,
      closedAt: null,
    };
    assert.deepEqual(readRecords(join(dir, 'absent')), nothing);
    assert.deepEqual(readRecords(dir), nothing);
  });

  const identity = { pid: 41, groupId: 40, startTicks: 987654 };

  it('name supervisor and main process by pid and start time, in any order', () => {
    for (const text of [SUPERVISOR + STARTED, STARTED + SUPERVISOR]) {
      put('claim', text);
      const { supervisor, started, closedAt } = readRecords(dir);
      assert.deepEqual([supervisor, started, closedAt], [identity, { at: 2_000_001, main: identity }, null]);
    }
  });

  it('are closed by the last line, at its time', () => {
    put('claim', `${SUPERVISOR}${STARTED}exit 2000.25 0\nclosed 2000.500100\n`);
    const { exit, closedAt } = readRecords(dir);
    assert.deepEqual([exit?.at, closedAt], [2_000_250, 2_000_500]);
    put('claim', `${SUPERVISOR}${STARTED}exit 2000.25 0\nclosed 2000.5`);
    assert.equal(readRecords(dir).closedAt, null);
  });

  it('of a shell without a clock get the time of the file', () => {
    put('claim', `claimed \nsupervisor  ${STAT}\nstarted  ${STAT}\nexit  3\nclosed \n`);
    utimesSync(join(dir, 'claim'), 1000, 2000.5);
    const { supervisor, started, exit, closedAt } = readRecords(dir);
    assert.deepEqual([supervisor, started?.at, closedAt], [identity, 2_000_500, 2_000_500]);
    assert.deepEqual(exit, { code: 3, signal: null, at: 2_000_500 });
  });

  it('give the reason of a failed start, but not text that a running command wrote there', () => {
    put('start_failed', 'cannot enter the working directory: /gone\n');
    const startFailed = (text: string, isOver = false): string | null => {
      put('claim', text);
      return readRecords(dir, isOver).startFailed;
    };
    assert.equal(startFailed(`${STARTED}exit 2.5 125\n`), null);
    const reason = 'cannot enter the working directory: /gone';
    assert.equal(startFailed(`${STARTED}exit 2.5 125\n`, true), reason);
    assert.equal(startFailed(`${STARTED}exit 2.5 125\nclosed 2.6\n`), reason);
    assert.equal(startFailed(`${STARTED}exit 2.5 0\nclosed 2.6\n`), null);
    assert.equal(startFailed('exit 2.5 0\nclosed 2.6\n'), reason);
  });

  it('ignore impossible times', () => {
    put('claim', `${SUPERVISOR}${STARTED}exit 1.5 3\nclosed 999999999999999999999.9\n`);
    utimesSync(join(dir, 'claim'), 1000, 3000);
    assert.equal(readRecords(dir).closedAt, 3_000_000);
  });

  it('that are not regular files count as missing', () => {
    const nothing = readRecords(join(dir, 'absent'));
    mkdirSync(join(dir, 'claim'));
    assert.deepEqual(readRecords(dir), nothing);
    rmSync(join(dir, 'claim'), { recursive: true });
    execFileSync('mkfifo', [join(dir, 'claim')]);
    assert.deepEqual(readRecords(dir), nothing);
  });
});

describe('claim', () => {
  it('is taken by the daemon if no supervisor was first, and stays taken for the next daemon', () => {
    assert.deepEqual([claimForRecovery(dir), claimForRecovery(dir)], ['taken', 'taken']);
    assert.equal(readRecords(dir).supervisor, null);
  });
  it('of a supervisor stays with it, also right after its creation', () => {
    put('claim', '');
    assert.equal(claimForRecovery(dir), 'begun');
    put('claim', SUPERVISOR);
    assert.equal(claimForRecovery(dir), 'begun');
    assert.equal(readRecords(dir).supervisor?.pid, 41);
  });
});

describe('records that cannot be read now', () => {
  it('are unreadable while the directory of the task is closed', () => {
    put('claim', `${SUPERVISOR}${STARTED}exit 1.5 0\n`);
    const taskDir = dirname(dir);
    chmodSync(taskDir, 0o600);
    try {
      withoutRoot(() => {
        assert.throws(() => readRecords(dir), RecordsUnreadable);
        assert.equal(recordsNow(dir), null);
      });
    } finally {
      chmodSync(taskDir, 0o700);
    }
    assert.equal(recordsNow(dir)?.exit?.code, 0);
  });
});
