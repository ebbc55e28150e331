// Request bodies and queries: parsed into values with units, or refused with the name of the field.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GIB } from '../../../test/support/build/build-task.ts';
import { refusesField as refuses } from '../../../test/support/refuses.ts';
import { parseTicket } from './capacity.ts';
import { parseAdjust } from './change/adjust.ts';
import { parseKill } from './change/kill.ts';
import { parseClean } from './clean.ts';
import { parseStop } from './daemon.ts';
import { parseEvents } from './events/events.ts';
import { parseLog } from './log.ts';
import { parseList } from './task.ts';

describe('parseKill', () => {
  const TABLE: [unknown, NodeJS.Signals | null][] = [
    [undefined, null],
    [null, null],
    [{}, null],
    [{ signal: 'TERM' }, 'SIGTERM'],
    [{ signal: 'SIGINT' }, 'SIGINT'],
    [{ signal: 'int' }, 'SIGINT'],
    [{ signal: 'Usr1' }, 'SIGUSR1'],
    [{ force: true }, 'SIGKILL'],
    [{ force: true, signal: 'INT' }, 'SIGKILL'],
  ];
  for (const [body, signal] of TABLE)
    it(`reads ${JSON.stringify(body)} as ${signal}`, () =>
      assert.deepEqual(parseKill(body), { signal, owner: null, session: null }));
  for (const signal of ['', 'STOP', 'SIGSIGINT', '9', 'x\0'])
    it(`refuses the signal ${JSON.stringify(signal)}`, () =>
      refuses(() => parseKill({ signal }), /^signal: .*SIGTERM/));
  it('takes the owner of the caller, else its project', () => {
    const of = (body: object) => parseKill(body).owner;
    assert.deepEqual([of({ owner: 'me', project: '/p' }), of({ project: '/p' })], ['me', '/p']);
  });
  it('refuses unknown fields', () => refuses(() => parseKill({ sig: 'INT' }), /sig/));
});

describe('parseAdjust', () => {
  const NOTHING = {
    timeMs: null,
    memBytes: null,
    cpuCores: null,
    killTimeoutMs: null,
    observabilityMs: null,
    observability: null,
    observe: null,
    memPctLimit: null,
    cpuPctLimit: null,
    priority: null,
    nice: null,
    background: null,
    queue: false,
  };

  it('leaves missing fields null', () =>
    assert.deepEqual(parseAdjust({ priority: 0 }), { ...NOTHING, priority: 0, force: false }));

  it('reads every field, as text or as a number', () =>
    assert.deepEqual(
      parseAdjust({
        estimated_time: '2h',
        estimated_mem_bytes: 4 * GIB,
        estimated_cpu_cores: '1.5',
        kill_timeout: 90,
        observability_interval: '0',
        observability: 'strict',
        observe: ['a.log', 'b*.log'],
        mem_pct_limit: '60%',
        cpu_pct_limit: 50,
        priority: -3,
        nice: 15,
        background: false,
        queue: true,
        force: true,
      }),
      {
        timeMs: 7_200_000,
        memBytes: 4 * GIB,
        cpuCores: 1.5,
        killTimeoutMs: 90_000,
        observabilityMs: 0,
        observability: 'strict',
        observe: ['a.log', 'b*.log'],
        memPctLimit: 60,
        cpuPctLimit: 50,
        priority: -3,
        nice: 15,
        background: false,
        queue: true,
        force: true,
      },
    ));

  const BAD: [string, unknown, RegExp][] = [
    [
      'nothing',
      {},
      /nothing to adjust: give one of estimated_time, .*kill_timeout, .*priority, .*background$/,
    ],
    ['nothing but force', { force: true }, /nothing to adjust/],
    ['no body', undefined, /^request: /],
    ['a name', { name: 'x' }, /name/],
    ['a time of zero', { estimated_time: 0 }, /^estimated_time: .*Examples/],
    ['a negative size', { estimated_mem_bytes: '-1G' }, /^estimated_mem_bytes: .*Examples/],
    ['no cores', { estimated_cpu_cores: 0 }, /^estimated_cpu_cores: .*Examples/],
    ['a kill timeout in words', { kill_timeout: 'soon' }, /^kill_timeout: .*Examples/],
    ['a priority above the highest', { priority: 101 }, /^priority: /],
  ];
  for (const [what, body, pattern] of BAD)
    it(`refuses ${what}`, () => refuses(() => parseAdjust(body), pattern));
});

describe('parseTicket', () => {
  const ROOM = { mem_bytes: '4G', cpu_cores: 2, project: '/p' };

  it('reads the request, and leaves the rest to the config', () =>
    assert.deepEqual(parseTicket(ROOM), {
      memBytes: 4 * GIB,
      cpuCores: 2,
      timeMs: null,
      leaseTtlMs: null,
      priority: null,
      project: '/p',
      owner: null,
      sinceMs: null,
    }));

  it('takes no amount, which is then that of a run without an estimate', () => {
    const { memBytes, cpuCores } = parseTicket({ project: '/p' });
    assert.deepEqual([memBytes, cpuCores], [null, null]);
  });

  const BAD: [string, unknown, RegExp][] = [
    ['a bad size', { ...ROOM, mem_bytes: 'all' }, /^mem_bytes: .*Examples/],
    ['no project', { ...ROOM, project: undefined }, /^project: /],
    ['a lease of no time', { ...ROOM, lease_ttl: 0 }, /^lease_ttl: .*Examples/],
    ['a lease of days', { ...ROOM, lease_ttl: '25h' }, /^lease_ttl: at most 1d/],
    ['a moment before 1970', { ...ROOM, since_ms: -1 }, /^since_ms: /],
    ['a command', { ...ROOM, command: 'make' }, /command/],
  ];
  for (const [what, body, pattern] of BAD)
    it(`refuses ${what}`, () => refuses(() => parseTicket(body), pattern));
});

describe('parseClean', () => {
  it('selects tasks that ended a week ago by default', () => {
    assert.deepEqual(parseClean(undefined), {
      olderThanMs: 7 * 86_400_000,
      statuses: null,
      isDryRun: false,
      of: null,
    });
    assert.deepEqual(parseClean({ older_than: '1h', status: 'failed', dry_run: true }), {
      olderThanMs: 3_600_000,
      statuses: ['failed'],
      isDryRun: true,
      of: null,
    });
    assert.equal(parseClean({ all: true }).olderThanMs, null);
  });
});

describe('queries', () => {
  it('list the last day of all projects by default', () =>
    assert.deepEqual(parseList({}), {
      project: null,
      owner: null,
      tag: null,
      statuses: null,
      sinceMs: 86_400_000,
      limit: 1000,
      before: null,
    }));
  it('list by every filter', () =>
    assert.deepEqual(
      parseList({
        project: '/p',
        owner: 'me',
        tag: 'ci',
        status: 'running, FAILED',
        since_ms: '5000',
        limit: '7',
        before: '01',
      }),
      {
        project: '/p',
        owner: 'me',
        tag: 'ci',
        statuses: ['running', 'failed'],
        sinceMs: 5000,
        limit: 7,
        before: '01',
      },
    ));
  it('list everything with all=1', () => assert.equal(parseList({ all: '1', since_ms: '5' }).sinceMs, null));

  const LOG = { attempt: null, sinceMs: null, from: null, maxBytes: null, follow: false };
  const LOGS: [object, object][] = [
    [{}, { ...LOG, part: { kind: 'tail', lines: 15 } }],
    [
      { tail: '3', follow: '1' },
      { ...LOG, part: { kind: 'tail', lines: 3 }, follow: true },
    ],
    [
      { head: '4', max_bytes: '1K' },
      { ...LOG, part: { kind: 'head', lines: 4 }, maxBytes: 1024 },
    ],
    [
      { full: '1', head: '4', since: '5m', from: '0' },
      { ...LOG, part: { kind: 'full' }, sinceMs: 300_000, from: 0 },
    ],
  ];
  for (const [query, expected] of LOGS)
    it(`read log ${JSON.stringify(query)}`, () => assert.deepEqual(parseLog(query), expected));

  it('read the sequence number and the flag to kill', () => {
    assert.deepEqual(parseEvents({}), { after: 0, progress: false, waiting: false, port: null });
    assert.deepEqual(parseEvents({ after: '7', progress: '1', waiting: '1', port: '80' }), {
      after: 7,
      progress: true,
      waiting: true,
      port: 80,
    });
    assert.deepEqual(
      [parseStop(undefined), parseStop({}), parseStop({ kill_tasks: true })],
      [false, false, true],
    );
  });

  const BAD: [string, () => unknown, RegExp][] = [
    [
      'an unknown status',
      () => parseList({ status: 'running,asleep' }),
      /^status: "asleep" is not one of pending, running/,
    ],
    ['an empty status', () => parseList({ status: '' }), /^status: /],
    ['a status given twice', () => parseList({ status: ['running', 'failed'] }), /^status: /],
    ['a bad since', () => parseList({ since_ms: 'yesterday' }), /^since_ms: /],
    ['a tail of nothing', () => parseLog({ tail: '0' }), /^tail: /],
    ['a bad head', () => parseLog({ head: 'all' }), /^head: /],
    ['no time', () => parseLog({ since: '0' }), /^since: /],
    ['a position before the first', () => parseLog({ from: '-1' }), /^from: /],
    ['a bad moment', () => parseLog({ since: 'yesterday' }), /^since: /],
    ['a position in words', () => parseLog({ from: 'end' }), /^from: /],
    ['no bytes', () => parseLog({ max_bytes: '0' }), /^max_bytes: /],
    ['a negative sequence number', () => parseEvents({ after: '-1' }), /^after: /],
    ['a fraction of a sequence number', () => parseEvents({ after: '1.5' }), /^after: /],
    ['an unknown field of stop', () => parseStop({ kill: true }), /kill/],
  ];
  for (const [what, act, pattern] of BAD) it(`refuse ${what}`, () => refuses(act, pattern));
});
