// What comes in: read into values with units, or refused with the name of the field.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GIB } from '../../test/support/build-task.ts';
import { BabysitError } from '../core/errors.ts';
import { parseAfter, parseKill, parseList, parseLog, parseRun, parseStop } from './requests.ts';

const RUN = { command: 'make', cwd: '/project', env: { PATH: '/bin' }, project: '/project' };

function refuses(act: () => unknown, pattern: RegExp): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof BabysitError && error.code === 'usage', String(error));
    assert.match(error.message, pattern);
    return true;
  });
}

describe('parseRun', () => {
  it('leaves what was not said to the config', () => {
    assert.deepEqual(parseRun(RUN), {
      command: { kind: 'shell', line: 'make' },
      name: null,
      cwd: '/project',
      umask: 0o022,
      env: { PATH: '/bin' },
      project: '/project',
      owner: null,
      timeMs: null,
      memBytes: null,
      cpuCores: null,
      killTimeoutMs: null,
      observabilityMs: null,
      memPctLimit: null,
      cpuPctLimit: null,
      queue: false,
      force: false,
    });
  });

  it('reads every field, as text or as a number', () => {
    const { command: _, ...rest } = RUN;
    const run = parseRun({
      ...rest,
      argv: ['make', '-j4', ''],
      name: 'build',
      owner: 'session-1',
      umask: 0o027,
      estimated_time: '10m',
      estimated_mem_bytes: 4 * GIB,
      estimated_cpu_cores: '1.5',
      kill_timeout: 90,
      observability_interval: 0,
      mem_pct_limit: '40%',
      cpu_pct_limit: 90,
      queue: true,
      force: true,
    });
    const { env: __, cwd: ___, project: ____, ...read } = run;
    assert.deepEqual(read, {
      command: { kind: 'argv', argv: ['make', '-j4', ''] },
      name: 'build',
      owner: 'session-1',
      umask: 0o027,
      timeMs: 600_000,
      memBytes: 4 * GIB,
      cpuCores: 1.5,
      killTimeoutMs: 90_000,
      observabilityMs: 0,
      memPctLimit: 40,
      cpuPctLimit: 90,
      queue: true,
      force: true,
    });
  });

  const BAD: [string, object | null | string, RegExp][] = [
    ['nothing', null, /^request: /],
    ['a text', 'make', /^request: /],
    ['neither command nor argv', { ...RUN, command: undefined }, /exactly one of command and argv/],
    ['both command and argv', { ...RUN, argv: ['make'] }, /exactly one of command and argv/],
    ['an empty command', { ...RUN, command: '' }, /^command: is empty/],
    ['an empty argv', { ...RUN, command: undefined, argv: [] }, /^argv: is empty/],
    ['an unknown field', { ...RUN, estimated_tiem: '10m' }, /estimated_tiem/],
    ['a bad name', { ...RUN, name: '../etc' }, /^name: must be a letter or digit first/],
    ['a relative cwd', { ...RUN, cwd: 'src' }, /^cwd: must be an absolute path/],
    ['a relative project', { ...RUN, project: '' }, /^project: must be an absolute path/],
    ['NUL in the command', { ...RUN, command: 'a\0b' }, /^command: .*NUL/],
    ['NUL in an argument', { ...RUN, command: undefined, argv: ['a', 'b\0'] }, /^argv\.1: .*NUL/],
    ['NUL in the cwd', { ...RUN, cwd: '/a\0' }, /^cwd: .*NUL/],
    ['NUL in a value of the environment', { ...RUN, env: { A: 'x\0' } }, /^env\.A: .*NUL/],
    ['NUL in a name of the environment', { ...RUN, env: { 'A\0': 'x' } }, /^env\..*: /],
    ['= in a name of the environment', { ...RUN, env: { 'A=B': 'x' } }, /^env\.A=B: /],
    ['an environment of numbers', { ...RUN, env: { A: 1 } }, /^env\.A: /],
    ['a umask above 0777', { ...RUN, umask: 0o1000 }, /^umask: /],
    ['an empty owner', { ...RUN, owner: '' }, /^owner: /],
    ['text for a switch', { ...RUN, queue: 'yes' }, /^queue: /],
    ['an object for a size', { ...RUN, estimated_mem_bytes: {} }, /^estimated_mem_bytes: /],
    ['a time of zero', { ...RUN, estimated_time: 0 }, /^estimated_time: .*Examples/],
    ['a size of zero', { ...RUN, estimated_mem_bytes: '0' }, /^estimated_mem_bytes: .*Examples/],
    ['no cores', { ...RUN, estimated_cpu_cores: 0 }, /^estimated_cpu_cores: .*Examples/],
    ['a negative timeout', { ...RUN, kill_timeout: '-1s' }, /^kill_timeout: .*Examples/],
    ['a bad interval', { ...RUN, observability_interval: 'off' }, /^observability_interval: .*Examples/],
    ['more than all memory', { ...RUN, mem_pct_limit: 101 }, /^mem_pct_limit: .*Examples/],
    ['no CPU at all', { ...RUN, cpu_pct_limit: 0 }, /^cpu_pct_limit: .*Examples/],
  ];
  for (const [what, body, pattern] of BAD)
    it(`refuses ${what}`, () => refuses(() => parseRun(body), pattern));

  it('never repeats a value of the environment in an error', () => {
    const body = { ...RUN, env: { TOKEN: 'hunter2\0' }, cwd: 'src' };
    assert.throws(
      () => parseRun(body),
      (error: Error) => !error.message.includes('hunter2'),
    );
  });
});

describe('parseKill', () => {
  const TABLE: [unknown, NodeJS.Signals][] = [
    [undefined, 'SIGTERM'],
    [null, 'SIGTERM'],
    [{}, 'SIGTERM'],
    [{ signal: 'SIGINT' }, 'SIGINT'],
    [{ signal: 'int' }, 'SIGINT'],
    [{ signal: 'Usr1' }, 'SIGUSR1'],
    [{ force: true }, 'SIGKILL'],
    [{ force: true, signal: 'INT' }, 'SIGKILL'],
  ];
  for (const [body, signal] of TABLE)
    it(`reads ${JSON.stringify(body)} as ${signal}`, () => assert.equal(parseKill(body), signal));
  for (const signal of ['', 'STOP', 'SIGSIGINT', '9', 'x\0'])
    it(`refuses the signal ${JSON.stringify(signal)}`, () =>
      refuses(() => parseKill({ signal }), /^signal: .*SIGTERM/));
  it('refuses unknown fields', () => refuses(() => parseKill({ sig: 'INT' }), /sig/));
});

describe('queries', () => {
  it('list the last day of everything unless told otherwise', () =>
    assert.deepEqual(parseList({}), { project: null, owner: null, statuses: null, sinceMs: 86_400_000 }));
  it('list by every filter', () =>
    assert.deepEqual(parseList({ project: '/p', owner: 'me', status: 'running, FAILED', since_ms: '5000' }), {
      project: '/p',
      owner: 'me',
      statuses: ['running', 'failed'],
      sinceMs: 5000,
    }));
  it('list everything with all=1', () => assert.equal(parseList({ all: '1', since_ms: '5' }).sinceMs, null));

  const LOGS: [object, object][] = [
    [{}, { part: { kind: 'tail', lines: 15 }, maxBytes: null, follow: false }],
    [
      { tail: '3', follow: '1' },
      { part: { kind: 'tail', lines: 3 }, maxBytes: null, follow: true },
    ],
    [
      { head: '4', max_bytes: '1K' },
      { part: { kind: 'head', lines: 4 }, maxBytes: 1024, follow: false },
    ],
    [
      { full: '1', head: '4' },
      { part: { kind: 'full' }, maxBytes: null, follow: false },
    ],
  ];
  for (const [query, expected] of LOGS)
    it(`read log ${JSON.stringify(query)}`, () => assert.deepEqual(parseLog(query), expected));

  it('read the place to resume and the wish to kill', () => {
    assert.deepEqual([parseAfter({}), parseAfter({ after: '7' })], [0, 7]);
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
    ['no bytes', () => parseLog({ max_bytes: '0' }), /^max_bytes: /],
    ['a place before the first', () => parseAfter({ after: '-1' }), /^after: /],
    ['a fraction of a place', () => parseAfter({ after: '1.5' }), /^after: /],
    ['an unknown field of stop', () => parseStop({ kill: true }), /kill/],
  ];
  for (const [what, act, pattern] of BAD) it(`refuse ${what}`, () => refuses(act, pattern));
});
