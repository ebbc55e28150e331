// From a request to the task, on hosts of every size.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { aRun, configWith, hostOf } from '../../../test/support/build/build-run.ts';
import { aSnapshot, NOW } from '../../../test/support/build/build-snapshot.ts';
import { GIB, taskId } from '../../../test/support/build/build-task.ts';
import { aRun as aLearnedRun, NO_RUNS } from '../../../test/support/rigs/learned-runs.ts';
import { BabysitError } from '../../core/errors.ts';
import { boundEstimate } from '../../core/estimate.ts';
import { isTaskName, READY, RETRY_CAUSES, type Task } from '../../core/task.ts';
import { pendingItem } from '../../engine/live-tasks.ts';
import { envelopeRules, memReserveBytes } from '../../engine/rules.ts';
import type { RunRequest } from '../../request/request.ts';
import { type Admission, admit } from '../../scheduler/admission.ts';
import { envelope } from '../../scheduler/envelope.ts';
import type { Capacity } from '../../scheduler/snapshot.ts';
import { type SubmissionContext, type SystemdParts, taskFrom } from './new-task.ts';

const NO_SYSTEMD = { noUnits: 'no manager', hasJournal: false };

function contextOn(capacity: Capacity, taken: readonly string[] = []): SubmissionContext {
  const isNameTaken = (name: string) => taken.includes(name);
  return {
    config: configWith(),
    capacity,
    largest: capacity,
    id: taskId(1),
    parent: null,
    now: NOW,
    systemd: NO_SYSTEMD,
    isNameTaken,
    isNameKnown: isNameTaken,
    findCompanion: () => null,
    history: () => NO_RUNS,
    find: assert.fail,
  };
}

function taskOn(capacity: Capacity, run: Partial<RunRequest> = {}, taken: readonly string[] = []): Task {
  return taskFrom(aRun(run), contextOn(capacity, taken));
}

function admitted(capacity: Capacity, task: Task): Admission {
  const submission = { item: pendingItem(task), limits: task.limits, queue: false, force: false };
  return admit(aSnapshot({ capacity }), submission, NOW);
}

describe('capacity', () => {
  const TABLE: [string, Capacity, number, number][] = [
    ['max_sys_mem_pct bounds a host of 24 GiB', hostOf(24, 8), 0.7 * 24, 8],
    ['the reserve of 24 GiB bounds nothing where 30 % is more', hostOf(64, 16), 0.7 * 64, 16],
    [
      'a reserve of 8 GiB bounds a host of 16',
      hostOf(16, 4, configWith({ 'admission.memory_reserve': 8 * GIB })),
      8,
      4,
    ],
    [
      'a reserve larger than the host leaves nothing',
      hostOf(4, 2, configWith({ 'admission.memory_reserve': 8 * GIB })),
      0,
      2,
    ],
    ['one core', hostOf(2, 1), 1.4, 1],
  ];
  for (const [what, capacity, memGib, cores] of TABLE)
    it(what, () => {
      assert.equal(capacity.memLimitBytes, Math.floor(memGib * GIB));
      assert.ok(Math.abs(capacity.cpuLimitCores - cores) < 1e-9);
    });

  it('reserves a quarter of the host, 24 GiB at most', () => {
    assert.equal(memReserveBytes(configWith(), 16 * GIB), 4 * GIB);
    assert.equal(memReserveBytes(configWith(), 512 * GIB), 24 * GIB);
  });
});

describe('the engine', () => {
  const here = hostOf(24, 8);
  const codeOf = (run: Partial<RunRequest>) => {
    try {
      return taskOn(here, run).engine ?? 'local';
    } catch (error) {
      return error instanceof BabysitError ? `${error.code}: ${error.message}` : String(error);
    }
  };

  const CASES: readonly [Partial<RunRequest>, string][] = [
    [{}, 'local'],
    [{ engine: 'slurm' }, 'slurm'],
    [{ engine: 'slurm', gpus: 2, use: ['matlab:2', 'x@srv'] }, 'slurm'],
    [{ gpus: 1 }, 'usage: --engine=local does not work with --gpus'],
    [{ use: ['matlab'] }, 'usage: --engine=local does not work with --use'],
    [{ engine: 'slurm', use: ['a b'] }, 'usage: "a b" in --use is not the name of a resource'],
    [{ engine: 'slurm', use: ['a:0'] }, 'usage: "a:0" in --use is not the name of a resource'],
    [{ engine: 'slurm', pty: true }, 'usage: --engine=slurm does not work with --pty'],
    [{ pty: true, gpus: 1 }, 'usage: --engine=local does not work with --gpus'],
  ];
  for (const [run, expected] of CASES)
    it(`${JSON.stringify(run)}: ${expected}`, () => assert.equal(codeOf(run), expected));

  it('gets the resources of the cluster', () => {
    const { resources } = taskOn(here, { engine: 'slurm', gpus: 2, use: ['matlab:2'] });
    assert.deepEqual(resources, { gpus: 2, named: ['matlab:2'] });
  });
});

describe('a submission', () => {
  it('is a unit of systemd, and journaled, by caller, config and host', () => {
    const here: SystemdParts = { noUnits: null, hasJournal: true };
    const execOptions = (asked: boolean | null, driver: string, systemd = here) => {
      const config = configWith({ 'envelope.driver': driver, 'log.journal': driver === 'systemd' } as never);
      const unit = asked === null ? null : asked ? 'systemd' : 'auto';
      const run = aRun({ driver: unit, journal: asked });
      const { isUnit, isJournaled } = taskFrom(run, {
        ...contextOn(hostOf(8, 4)),
        config,
        systemd,
      }).execOptions;
      return [isUnit, isJournaled];
    };
    assert.deepEqual(execOptions(null, 'auto'), [false, false]);
    assert.deepEqual(execOptions(null, 'systemd'), [true, true]);
    assert.deepEqual(execOptions(false, 'systemd'), [false, false]);
    assert.deepEqual(execOptions(true, 'auto'), [true, true]);
    assert.deepEqual(execOptions(null, 'systemd', NO_SYSTEMD), [false, false]);
    assert.deepEqual(execOptions(true, 'auto', { ...here, hasJournal: false }), [true, false]);
    assert.throws(() => execOptions(true, 'auto', NO_SYSTEMD), { code: 'no_systemd' });
  });

  it('takes missing values from the config', () => {
    const { estimate, limits, state, attempts, umask, priority, tags, retry, after } = taskOn(hostOf(64, 16));
    assert.deepEqual([umask, priority, tags, retry, after], [0o022, 0, [], null, null]);
    assert.deepEqual(estimate, { timeMs: 600_000, memBytes: 4 * GIB, cpuCores: 4 });
    assert.deepEqual(limits, {
      killTimeoutMs: 1_200_000,
      observabilityMs: 300_000,
      isStrict: false,
      memPctLimit: 40,
      cpuPctLimit: 90,
    });
    assert.deepEqual([state, attempts], [{ status: 'pending', ...READY }, 0]);
  });

  it('retries after every cause by default, after the back-off of the config', () => {
    const retry = (run: Partial<RunRequest>) => taskOn(hostOf(64, 16), run).retry;
    assert.deepEqual(retry({ retries: 2, memBytes: GIB }), {
      max: 2,
      on: RETRY_CAUSES,
      backoffMs: 5000,
      memCeilingBytes: null,
    });
    // babysit chose the estimate, so it also corrects it.
    assert.ok((retry({ retries: 2 })?.memCeilingBytes ?? 0) > 4 * GIB);
    assert.deepEqual(retry({ retries: 1, retryOn: ['oom'], retryBackoffMs: 7 })?.on, ['oom']);
    assert.equal(retry({ retries: 0, retryOn: ['oom'] }), null);
  });

  it('takes what it leaves out from earlier runs, and keeps the caps and the kill timeout of the defaults', () => {
    const runs = Array.from({ length: 5 }, () => aLearnedRun({ timeMs: 8_000, cpuCores: 0.9 }));
    const context = { ...contextOn(hostOf(64, 16)), history: () => ({ ...NO_RUNS, exact: runs }) };
    const task = taskFrom(aRun({ cpuCores: 3 }), context);
    assert.deepEqual(task.basis?.from, { timeMs: 'learned', memBytes: 'learned', cpuCores: 'declared' });
    assert.deepEqual([task.estimate.timeMs, task.estimate.cpuCores], [8_000, 3]);
    assert.ok(task.estimate.memBytes < 1.3 * GIB);
    assert.deepEqual([task.limits.killTimeoutMs, boundEstimate(task).memBytes], [1_200_000, 4 * GIB]);
    assert.deepEqual(
      task.basis?.advice?.map(({ dim, declared, learned }) => [dim, declared, learned]),
      [['cpu', 3, 0.9]],
    );
    const without = taskFrom(aRun({ noLearn: true }), context);
    assert.deepEqual([without.estimate.memBytes, without.isNotLearned], [4 * GIB, true]);
    const long = { ...NO_RUNS, exact: runs.map((run) => ({ ...run, timeMs: 3_600_000 })) };
    assert.equal(taskFrom(aRun(), { ...context, history: () => long }).limits.killTimeoutMs, 7_200_000);
    const small = { ...context, capacity: hostOf(1, 2), largest: hostOf(1, 2) };
    const huge = { ...NO_RUNS, exact: runs.map((run) => ({ ...run, memBytes: 30 * GIB })) };
    const clamped = taskFrom(aRun(), { ...small, history: () => huge });
    assert.deepEqual(admitted(small.capacity, clamped), { kind: 'accept', isExpress: false });
  });

  it('has twice its estimate as kill timeout unless it gives one', () => {
    assert.equal(taskOn(hostOf(64, 16), { timeMs: 5_000 }).limits.killTimeoutMs, 10_000);
    assert.equal(taskOn(hostOf(64, 16), { timeMs: 5_000, killTimeoutMs: 7_000 }).limits.killTimeoutMs, 7_000);
    assert.equal(taskOn(hostOf(64, 16), { observabilityMs: 0 }).limits.observabilityMs, 0);
  });

  for (const [gib, cores] of [
    [0.5, 1],
    [1, 1],
    [2, 2],
    [4, 1],
    [8, 2],
    [23.4, 2],
  ] as const)
    it(`with defaults is admitted on an idle host of ${gib} GiB and ${cores} core(s)`, () => {
      const capacity = hostOf(gib, cores);
      assert.deepEqual(admitted(capacity, taskOn(capacity)), { kind: 'accept', isExpress: false });
    });

  it('with defaults is admitted on every idle host, and its envelope holds its estimate', () => {
    const host = fc.record({
      gib: fc.double({ min: 0.25, max: 4096, noNaN: true }),
      cores: fc.integer({ min: 1, max: 512 }),
    });
    fc.assert(
      fc.property(
        host,
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 100 }),
        ({ gib, cores }, memPctLimit, cpuPctLimit) => {
          const capacity = hostOf(gib, cores);
          const task = taskOn(capacity, { memPctLimit, cpuPctLimit });
          assert.deepEqual(admitted(capacity, task), { kind: 'accept', isExpress: false });
          const caps = envelope(
            task.estimate,
            task.limits,
            capacity,
            envelopeRules(configWith(), capacity.memTotalBytes),
            task.execOptions,
          );
          assert.ok(caps.memMaxBytes >= task.estimate.memBytes && caps.cpuMaxCores >= task.estimate.cpuCores);
          assert.ok(2 * task.estimate.memBytes <= capacity.memLimitBytes);
          assert.ok(2 * task.estimate.cpuCores <= capacity.cpuLimitCores);
        },
      ),
    );
  });

  it('is reduced to the cores of the host, and never in memory', () => {
    const capacity = hostOf(8, 2);
    const wide = taskOn(capacity, { memBytes: GIB, cpuCores: 32 });
    assert.equal(wide.estimate.cpuCores, 2);
    assert.equal(admitted(capacity, wide).kind, 'accept');
    const large = taskOn(capacity, { memBytes: 64 * GIB, cpuCores: 1 });
    assert.equal(large.estimate.memBytes, 64 * GIB);
    assert.equal(admitted(capacity, large).kind, 'infeasible');
  });

  const REFUSED: [Partial<RunRequest>, string, RegExp][] = [
    [{ cwd: '/nonexistent/dir' }, 'bad_cwd', /"\/nonexistent\/dir" does not exist/],
    [{ cwd: import.meta.filename }, 'bad_cwd', /is not a directory/],
    [{ cwd: `${import.meta.filename}/below` }, 'bad_cwd', /below/],
    [{ cwd: `/${'x'.repeat(5000)}` }, 'bad_cwd', /xxx/],
    [{ name: 'build' }, 'name_taken', /"build"/],
    [{ unit: 'build.service' }, 'name_taken', /"build" and the unit build\.service/],
  ];
  for (const [run, code, pattern] of REFUSED)
    it(`is refused as ${code}: ${pattern.source}`, () =>
      assert.throws(
        () => taskOn(hostOf(8, 2), run, ['build']),
        (error) => error instanceof BabysitError && error.code === code && pattern.test(error.message),
      ));

  it('is named like the unit that it asks for', () => {
    const systemd: SystemdParts = { noUnits: null, hasJournal: true };
    const nameOf = (run: Partial<RunRequest>) =>
      taskFrom(aRun(run), { ...contextOn(hostOf(8, 4)), systemd }).name;
    assert.equal(nameOf({ unit: 'train' }), 'train');
    assert.equal(nameOf({ unit: 'train.service' }), 'train');
    assert.equal(nameOf({ unit: 'train', name: 'other' }), 'other');
    assert.match(nameOf({ unit: '_no-task-name' }), /^make-\d{4}-\d{6}$/);
  });

  it('gets a valid and free name when it has none', () => {
    const first = taskOn(hostOf(8, 2)).name;
    const second = taskOn(hostOf(8, 2), {}, [first]).name;
    assert.match(first, /^make-\d{4}-\d{6}$/);
    assert.equal(second, `${first}-000001`);
    assert.ok(isTaskName(second));
  });
});
