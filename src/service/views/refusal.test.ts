// A refusal has the fields of the contract, and advice that works when it is followed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FLAGS, readRunFlags } from '../../../cli/commands/task/run.ts';
import { parseArgv } from '../../../cli/input/argv.ts';
import { aRun, configWith, hostOf } from '../../../test/support/build/build-run.ts';
import { aSnapshot, NOW, running } from '../../../test/support/build/build-snapshot.ts';
import { GIB, MIB, taskId } from '../../../test/support/build/build-task.ts';
import { readByShell } from '../../../test/support/read-by-shell.ts';
import { NO_RUNS } from '../../../test/support/rigs/learned-runs.ts';
import type { BabysitError } from '../../core/errors.ts';
import { pendingItem } from '../../engine/live-tasks.ts';
import { parseFields } from '../../request/parse.ts';
import type { RunRequest } from '../../request/request.ts';
import { admit } from '../../scheduler/admission.ts';
import type { RunningItem } from '../../scheduler/items.ts';
import type { Capacity } from '../../scheduler/snapshot.ts';
import { parseCores } from '../../units/number.ts';
import { parseSize } from '../../units/size.ts';
import { taskFrom } from '../submission/new-task.ts';
import { refusal } from './refusal.ts';

interface Host {
  readonly capacity: Capacity;
  readonly running: readonly RunningItem[];
  readonly outsideMemBytes?: number;
  readonly outsideCpuCores?: number;
}

const OUTSIDE = [
  { name: 'cc1plus', processes: 8, memBytes: GIB, cpuCores: 7.9, belongsTo: 'agent session 7f2c' },
  { name: 'firefox', processes: 1, memBytes: GIB, cpuCores: 0.1, belongsTo: null },
];

function submit(
  run: RunRequest,
  { capacity, running: active, outsideMemBytes = 0, outsideCpuCores = 0 }: Host,
): BabysitError | null {
  const task = taskFrom(run, {
    config: configWith(),
    capacity,
    largest: capacity,
    id: taskId(9),
    parent: null,
    now: NOW,
    systemd: { noUnits: 'no manager', hasJournal: false },
    isNameTaken: () => false,
    isNameKnown: () => false,
    findCompanion: () => null,
    history: () => NO_RUNS,
    find: assert.fail,
  });
  const { queue, force } = run;
  const snapshot = aSnapshot({ capacity, running: active, outsideMemBytes, outsideCpuCores });
  return refusal(
    admit(snapshot, { item: pendingItem(task), limits: task.limits, queue, force }, NOW),
    run,
    task.basis,
    NOW,
    () => OUTSIDE,
  );
}

/** Reads a suggested command as the CLI would. */
function readSuggestion(command: string): RunRequest {
  const [program, verb, ...argv] = readByShell(command);
  assert.deepEqual([program, verb], ['babysit', 'run']);
  return { ...aRun(), ...parseFields('run', readRunFlags(parseArgv(FLAGS, argv))) };
}

const big = hostOf(24, 8);
const full: Host = { capacity: big, running: [running(1, { mem: 14 * GIB, cpu: 1, timeMs: 90_000 })] };

describe('a soft-deny', () => {
  it('has the fields of the contract', () => {
    const error = submit(aRun({ memBytes: 4 * GIB }), full);
    assert.equal(error?.code, 'capacity_exceeded');
    const { hint, suggested_command, ...fields } = error.extra;
    assert.deepEqual(fields, {
      dim: 'mem',
      requested: 4 * GIB,
      available: big.memLimitBytes - 14 * GIB,
      limit: big.memLimitBytes,
      blocked_by: ['task-1'],
      owners: ['alice'],
      expected_start: new Date(NOW + 90_000).toISOString(),
      latest_start: new Date(NOW + 120_000).toISOString(),
    });
    assert.match(String(hint), /1m30s.*--queue/);
    assert.match(String(suggested_command), /^babysit run --queue /);
  });

  it('says of room in a moment that it comes in a second, not in 0ms', () => {
    const host: Host = { ...full, running: [running(1, { mem: 14 * GIB, cpu: 1, timeMs: 1 })] };
    assert.match(submit(aRun({ memBytes: 4 * GIB }), host)?.hint ?? '', /^Room in 1s: /);
  });

  it('has no start time when no known end will make room', () => {
    const error = submit(aRun({ memBytes: 4 * GIB }), {
      capacity: big,
      running: [],
      outsideMemBytes: 15 * GIB,
    });
    assert.equal(error?.extra.expected_start, null);
    assert.match(
      error?.hint ?? '',
      /outside babysit.*\(cc1plus \(8 processes\) of agent session 7f2c, firefox\)/,
    );
    assert.deepEqual([error?.extra.dim, error?.extra.outside], ['mem', 15 * GIB]);
  });

  it('says which programs outside use the cores', () => {
    const host = { capacity: hostOf(24, 8), running: [], outsideCpuCores: 8 };
    const error = submit(aRun({ memBytes: GIB, cpuCores: 1 }), host);
    assert.deepEqual(
      [error?.extra.dim, error?.extra.available, error?.extra.outside, error?.extra.blocked_by],
      ['cpu', 0, 8, []],
    );
    const hint =
      'Programs outside babysit use 8 of the cores (cc1plus (8 processes) of agent session 7f2c, firefox): add --queue to start when they need less.';
    assert.equal(error?.hint, hint);
    assert.equal(submit(aRun({ memBytes: GIB, cpuCores: 1 }), { ...host, outsideCpuCores: 7 }), null);
  });
});

describe('the suggested command', () => {
  const HOSTS: [string, Capacity][] = [
    ['24 GiB and 8 cores', big],
    ['7.77 GiB and 3 cores', hostOf(7.77, 3)],
    ['1.3 GiB and 1 core', hostOf(1.3, 1)],
  ];
  const RUNS: [string, Partial<RunRequest>][] = [
    ['defaults', {}],
    ['a time of two units', { timeMs: 90_000 }],
    ['a time of three units', { timeMs: 90_061_000 }],
    ['a shell line with quotes', { line: 'echo "it\'s" $HOME && make' }],
    ['an argv', { line: null, argv: ['printf', '%s\n', "it's", '', '--queue'], name: 'p' }],
    ['limits of its own', { memPctLimit: 60, cpuPctLimit: 85, killTimeoutMs: 5_000_000, observabilityMs: 0 }],
  ];
  for (const [host, capacity] of HOSTS)
    for (const [what, run] of RUNS)
      it(`on ${host} for ${what} asks for the same task and is taken`, () => {
        const half = { mem: capacity.memLimitBytes, cpu: capacity.cpuLimitCores };
        const active = { capacity, running: [running(1, half)] };
        const asked = aRun(run);
        const error = submit(asked, active);
        assert.equal(error?.code, 'capacity_exceeded');
        const suggested = readSuggestion(String(error.extra.suggested_command));
        assert.equal(submit(suggested, active), null, `refused: ${error.extra.suggested_command}`);
        assert.deepEqual(suggested, { ...asked, queue: true });
      });
});

describe('infeasible', () => {
  it('names dimension, limit, what would fit and which flag raises it', () => {
    const error = submit(aRun({ memBytes: 10 * GIB }), { capacity: big, running: [] });
    assert.equal(error?.code, 'infeasible');
    const { dim, requested, limit, raise, hint } = error.extra;
    assert.deepEqual(
      [dim, requested, limit, raise],
      ['mem', 10 * GIB, Math.floor(9.6 * GIB), '--mem_pct_limit=42'],
    );
    assert.match(String(hint), /--estimated_mem_bytes=9\.(59|6)G or less.*--mem_pct_limit/);
  });

  it('suggests an estimate that does fit, on every host and for every limit', () => {
    const host = fc.record({
      mib: fc.integer({ min: 512, max: 4_000_000 }),
      cores: fc.integer({ min: 1, max: 256 }),
      memPctLimit: fc.integer({ min: 50, max: 1000 }).map((n) => n / 10),
      cpuPctLimit: fc.integer({ min: 50, max: 1000 }).map((n) => n / 10),
      isCpu: fc.boolean(),
    });
    fc.assert(
      fc.property(host, ({ mib, cores, isCpu, ...limits }) => {
        const empty = { capacity: hostOf((mib * MIB) / GIB, cores), running: [] };
        const need = isCpu ? { cpuCores: 4096 } : { memBytes: 2 ** 50 };
        const error = submit(aRun({ ...limits, ...need }), empty);
        // Cores above those of the host are reduced; a limit that takes nothing from a task refuses none.
        if (isCpu && limits.cpuPctLimit >= 90) {
          assert.equal(error, null);
          return;
        }
        assert.equal(error?.code, 'infeasible');
        const fits = String(error.extra.would_fit);
        const better = isCpu ? { cpuCores: parseCores(fits, '--c') } : { memBytes: parseSize(fits, '--m') };
        assert.equal(submit(aRun({ ...limits, ...better }), empty), null, `would_fit=${fits} is refused too`);
      }),
    );
  });
});

it('queue_full names the limit', () => {
  const capacity = { ...big, maxPending: 0 };
  const error = submit(aRun({ memBytes: 4 * GIB, queue: true }), { ...full, capacity });
  assert.deepEqual([error?.code, error?.extra.limit], ['queue_full', 0]);
});
