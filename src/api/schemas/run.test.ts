// Submissions, alone or in a batch: parsed into values with units, or refused with the name of the field.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GIB } from '../../../test/support/build/build-task.ts';
import { refusesField as refuses } from '../../../test/support/refuses.ts';
import { BabysitError } from '../../core/errors.ts';
import { environmentOf } from '../../request/request.ts';
import { parseBatch, parseRun } from './run.ts';

const RUN = { command: 'make', cwd: '/project', env: { PATH: '/bin' }, project: '/project' };

function manyVariables(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`V${n}`, 'x'.repeat(120_000)]));
}

describe('parseRun', () => {
  it('leaves missing fields to the config', () => {
    assert.deepEqual(parseRun(RUN), {
      line: 'make',
      argv: null,
      name: null,
      cwd: '/project',
      env: null,
      owner: null,
      caller: {
        cwd: '/project',
        env: { PATH: '/bin' },
        project: '/project',
        umask: undefined,
        owner: undefined,
      },
      timeMs: null,
      memBytes: null,
      cpuCores: null,
      killTimeoutMs: null,
      observabilityMs: null,
      observability: null,
      observe: null,
      memPctLimit: null,
      cpuPctLimit: null,
      stop: null,
      queue: false,
      force: false,
      priority: null,
      after: null,
      afterAny: null,
      whileRef: null,
      readyLog: null,
      readyPort: null,
      readyCmd: null,
      key: null,
      context: null,
      tags: null,
      noLearn: false,
      testOnly: false,
      requeue: false,
      nice: null,
      background: null,
      pty: false,
      stdin: false,
      engine: null,
      gpus: null,
      use: null,
      driver: null,
      journal: null,
      checkpoint: null,
      jobserver: false,
      onEnd: null,
      unit: null,
      slice: null,
      remainAfterExit: false,
      oomPolicy: null,
      lease: null,
      retries: null,
      retryOn: null,
      retryBackoffMs: null,
      retryRaiseMem: false,
      wait: false,
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
      stop: 'file',
      queue: true,
      force: true,
      priority: -5,
      key: 'k',
      lease: '01J',
      context: { pr: 7 },
      tag: ['a', 'b'],
      requeue: true,
      nice: 5,
      background: true,
      pty: true,
      stdin: true,
      engine: 'local',
      gpus: '2',
      use: 'matlab:2, maya',
      driver: 'systemd',
      journal: true,
      jobserver: true,
      checkpoint: 'nightly',
      on_end: 'true',
      unit: 'train',
      slice: 'big',
      remain_after_exit: true,
      oom_policy: 'stop',
      observability: 'strict',
      observe: ['a.log', 'b*.log'],
      retries: 3,
      retry_on: 'OOM, exit',
      retry_backoff: '2s',
      retry_raise_mem: true,
      while: 'test',
      ready_port: '8080',
    });
    const { cwd: __, caller, ...read } = run;
    assert.deepEqual([caller.umask, caller.owner], [0o027, 'session-1']);
    assert.deepEqual(read, {
      line: null,
      argv: ['make', '-j4', ''],
      env: null,
      name: 'build',
      owner: 'session-1',
      timeMs: 600_000,
      memBytes: 4 * GIB,
      cpuCores: 1.5,
      killTimeoutMs: 90_000,
      observabilityMs: 0,
      observability: 'strict',
      observe: ['a.log', 'b*.log'],
      memPctLimit: 40,
      cpuPctLimit: 90,
      stop: 'file',
      queue: true,
      force: true,
      priority: -5,
      after: null,
      afterAny: null,
      whileRef: 'test',
      readyLog: null,
      readyPort: 8080,
      readyCmd: null,
      key: 'k',
      lease: '01J',
      context: { pr: 7 },
      tags: ['a', 'b'],
      noLearn: false,
      testOnly: false,
      requeue: true,
      nice: 5,
      background: true,
      pty: true,
      stdin: true,
      engine: 'local',
      gpus: 2,
      use: ['matlab:2', 'maya'],
      driver: 'systemd',
      journal: true,
      jobserver: true,
      checkpoint: 'nightly',
      onEnd: 'true',
      unit: 'train',
      slice: 'big',
      remainAfterExit: true,
      oomPolicy: 'stop',
      retries: 3,
      retryOn: ['oom', 'exit'],
      retryBackoffMs: 2000,
      retryRaiseMem: true,
      wait: false,
    });
  });

  const AFTER: [object, string[] | null, string[] | null][] = [
    [{}, null, null],
    [{ after: 'a, b,,c' }, ['a', 'b', 'c'], null],
    [{ after: [' a ', 'b,c'] }, ['a', 'b', 'c'], null],
    [{ after_any: 'a' }, null, ['a']],
  ];
  for (const [fields, ok, any] of AFTER)
    it(`reads ${JSON.stringify(fields)}`, () => {
      const { after, afterAny } = parseRun({ ...RUN, ...fields });
      assert.deepEqual([after, afterAny], [ok, any]);
    });

  it('keeps apart what is asked and where it comes from, when the caller is given', () => {
    const caller = { cwd: '/', env: { PATH: '/bin', A: '0' }, project: '/', umask: 0o077, owner: 'me' };
    const run = parseRun({ caller, command: 'make', env: { A: '1' } });
    assert.deepEqual([run.cwd, run.owner, run.env, run.caller], [null, null, { A: '1' }, caller]);
    assert.deepEqual(environmentOf(run), { PATH: '/bin', A: '1' });
    assert.equal(parseRun({ caller, command: 'make', env: {} }).env, null);
    refuses(() => parseRun({ caller: { ...caller, cwd: 'x' }, command: 'make' }), /^caller\.cwd: /);
    refuses(() => parseRun({ command: 'make' }), /^cwd: is missing.*env: is missing.*project: is missing/);
  });

  const BAD: [string, object | null | string, RegExp][] = [
    ['nothing', null, /^request: /],
    ['a text', 'make', /^request: /],
    ['neither command nor argv', { ...RUN, command: undefined }, /exactly one of command and argv/],
    ['both command and argv', { ...RUN, argv: ['make'] }, /exactly one of command and argv/],
    ['an empty command', { ...RUN, command: '' }, /^command: is empty/],
    ['an empty argv', { ...RUN, command: undefined, argv: [] }, /^argv: is empty/],
    ['an unknown field', { ...RUN, estimated_tiem: '10m' }, /estimated_tiem/],
    ['a bad name', { ...RUN, name: '../etc' }, /^name: "..\/etc" is not a valid name/],
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
    ['a priority above the highest', { ...RUN, priority: 101 }, /^priority: .*100/],
    ['a priority below the lowest', { ...RUN, priority: -101 }, /^priority: .*-100/],
    ['a fraction of a priority', { ...RUN, priority: 0.5 }, /^priority: /],
    ['after with after_any', { ...RUN, after: 'a', after_any: 'b' }, /after and after_any exclude/],
    ['after with force', { ...RUN, after: 'a', force: true }, /after and force exclude/],
    ['after an empty list', { ...RUN, after: ' , ' }, /^after: the list is empty/],
    ['after a number', { ...RUN, after: 7 }, /^after: /],
    ['an empty key', { ...RUN, key: '' }, /^key: /],
    ['a key that is too long', { ...RUN, key: 'k'.repeat(257) }, /^key: /],
    ['an empty lease', { ...RUN, lease: '' }, /^lease: /],
    ['fewer than no retries', { ...RUN, retries: -1 }, /^retries: /],
    ['endless retries', { ...RUN, retries: 1001 }, /^retries: /],
    [
      'an unknown cause',
      { ...RUN, retries: 1, retry_on: 'oom,rain' },
      /^retry_on: "rain" .*oom, exit, signal, stall/,
    ],
    ['no cause', { ...RUN, retries: 1, retry_on: [] }, /^retry_on: the list is empty/],
    ['a bad back-off', { ...RUN, retries: 1, retry_backoff: '-1s' }, /^retry_backoff: .*Examples/],
    ['a context that is too long', { ...RUN, context: 'x'.repeat(70_000) }, /^context: 70002 bytes/],
    [
      'a command longer than the kernel takes',
      { ...RUN, command: 'x'.repeat(131_072) },
      /^the command is 131072 bytes/,
    ],
    [
      'an environment longer than the kernel takes',
      { ...RUN, env: manyVariables() },
      /^the environment is \d+ bytes/,
    ],
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

describe('parseBatch', () => {
  const caller = { cwd: '/project', env: { PATH: '/bin' }, project: '/project', umask: 0o077, owner: 'me' };
  const parsed = (body: unknown) => {
    const parsing = parseBatch(body);
    for (;;) {
      const part = parsing.next();
      if (part.done) return part.value;
    }
  };
  const batch = (...lines: unknown[]) => parsed({ caller, lines }).lines;
  const good = (line: unknown) => {
    const [run] = batch(line);
    assert.ok(run !== undefined && !(run instanceof BabysitError), String(run));
    return run;
  };

  it('gives each line the caller of the batch, and queues it', () => {
    const { cwd, env, owner, queue, ...run } = good({ command: 'make' });
    assert.deepEqual([cwd, env, owner, queue, run.caller], [null, null, null, true, caller]);
  });

  it('lets a line override directory, owner, queueing and variables', () => {
    const line = { command: 'make', cwd: '/other', owner: 'you', queue: false, env: { A: '1' } };
    const run = good(line);
    const { cwd, owner, queue } = run;
    assert.deepEqual(
      { cwd, env: environmentOf(run), owner, queue, project: run.caller.project },
      { cwd: '/other', env: { PATH: '/bin', A: '1' }, owner: 'you', queue: false, project: '/project' },
    );
  });

  it('shares one environment between lines without variables of their own', () => {
    const [first, second] = batch({ command: 'a' }, { command: 'b' });
    assert.ok(first && second && !(first instanceof BabysitError) && !(second instanceof BabysitError));
    assert.equal(environmentOf(first), environmentOf(second));
  });

  const BAD: [string, unknown, RegExp][] = [
    ['nothing', null, /^request: /],
    ['a list', [1], /^request: /],
    ['no command', {}, /exactly one of command and argv/],
    ['an unknown field', { command: 'x', projct: '/p' }, /projct/],
    ['a project of its own', { command: 'x', project: '/p' }, /project/],
    ['a relative directory', { command: 'x', cwd: 'src' }, /^cwd: /],
    ['a bad size', { command: 'x', estimated_mem_bytes: '4 bananas' }, /^estimated_mem_bytes: .*Examples/],
    ['a bad variable', { command: 'x', env: { 'A=B': '1' } }, /^env\.A=B: /],
    [
      'a variable longer than the kernel takes',
      { command: 'x', env: { A: 'x'.repeat(131_072) } },
      /variable A/,
    ],
    ['a priority in words', { command: 'x', priority: 'high' }, /^priority: /],
  ];
  for (const [what, line, pattern] of BAD)
    it(`returns an error for a line with ${what}, and accepts the others`, () => {
      const [before, refused, after] = batch({ command: 'a' }, line, { command: 'b' });
      assert.ok(before && after && !(before instanceof BabysitError) && !(after instanceof BabysitError));
      refuses(() => {
        throw refused;
      }, pattern);
    });

  it('pauses between parts of many lines', () => {
    assert.equal(parseBatch({ caller, lines: Array(1000).fill({ command: 'x' }) }).next().done, false);
  });

  it('refuses the batch for a bad caller, or too many lines', () => {
    refuses(() => parsed({ caller: { ...caller, cwd: 'x' }, lines: [] }), /^caller\.cwd: /);
    refuses(() => parsed({ caller: { ...caller, command: 'x' }, lines: [] }), /command/);
    refuses(() => parsed({ caller, lines: Array(10_001).fill({}) }), /^lines: /);
    refuses(() => parsed({ caller, lines: {} }), /^lines: /);
    refuses(() => parsed({ caller, lines: [], batch: 'mine' }), /^batch: /);
    refuses(() => parsed({ caller: { ...caller, env: manyVariables() }, lines: [] }), /environment is/);
  });
});
