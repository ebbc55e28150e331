// Each rule of the watchdog at, just below and just above its boundary.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GIB, someLimits } from '../../test/support/build/build-task.ts';
import { GAP_RULES, RULES, type Step, SUBJECT, subject, Watch } from '../../test/support/rigs/watch-rig.ts';
import { isStallNear } from './judge.ts';

const MINUTE = 60_000;
/** Silence is tested apart from the other rules. */
const QUIET = subject({ limits: { observabilityMs: 0 } });
const NO_CAP = { rules: { ...RULES, driverCapsMem: false } };

describe('runaway_risk', () => {
  const TABLE: [string, Step, string[]][] = [
    ['elapsed at the estimate', { ms: 10 * MINUTE }, []],
    ['elapsed a millisecond above it', { ms: 10 * MINUTE + 1 }, ['runaway_risk:elapsed']],
    ['memory at the estimate', { memBytes: 4 * GIB }, []],
    ['memory a byte above it', { memBytes: 4 * GIB + 1 }, ['runaway_risk:mem']],
    ['CPU at the estimate', { ms: 15_000, cores: 4 }, []],
    ['CPU within a quarter of it', { ms: 15_000, cores: 5 }, []],
    ['CPU above that for 14 s', { ms: 14_999, cores: 9 }, []],
    ['CPU above that for 15 s', { ms: 15_000, cores: 5.1 }, ['runaway_risk:cpu']],
    [
      'everything at once',
      { ms: 11 * MINUTE, memBytes: 5 * GIB, cores: 5.5 },
      ['runaway_risk:elapsed', 'runaway_risk:mem', 'runaway_risk:cpu'],
    ],
  ];
  for (const [what, step, reported] of TABLE)
    it(`${what}: ${reported.join(', ') || 'nothing'}`, () => {
      const watch = new Watch(QUIET).steps(1, step);
      assert.deepEqual(watch.reported(), reported);
      assert.equal(watch.kill, null);
    });

  it('comes once per dimension, over any ups and downs', () => {
    const watch = new Watch(QUIET);
    for (let n = 0; n < 20; n += 1) {
      watch.step({ ms: 15_000, memBytes: 5 * GIB, cores: 6 });
      watch.step({ ms: 15_000, memBytes: GIB, cores: 1 });
    }
    assert.deepEqual(watch.reported().sort(), ['runaway_risk:cpu', 'runaway_risk:mem']);
  });

  it('has estimate, actual value, cap, the value and time of the kill, and the command that prevents it', () => {
    const watch = new Watch(QUIET).steps(1, { ms: 15 * MINUTE, memBytes: 6 * GIB, cores: 6 });
    const numbers = watch.events.map((event) => {
      assert.ok(event.event === 'runaway_risk' && event.hint.length > 20);
      const { dim, estimate, actual, kill_at, cap, kill_in_s, suggested_command } = event;
      return [dim, estimate, actual, kill_at, cap, kill_in_s, suggested_command];
    });
    const adjust = 'babysit adjust build';
    const NOT_YET = undefined;
    assert.deepEqual(numbers, [
      [
        'elapsed',
        10 * MINUTE,
        15 * MINUTE,
        20 * MINUTE,
        undefined,
        300,
        `${adjust} --estimated_time=30m --kill_timeout=1h`,
      ],
      ['mem', 4 * GIB, 6 * GIB, 8 * GIB, 12 * GIB, NOT_YET, `${adjust} --estimated_mem_bytes=9G`],
      ['cpu', 4, 6, 8, 12, NOT_YET, `${adjust} --estimated_cpu_cores=6`],
    ]);
  });

  it('suggests at most the whole cores that the task kept busy', () => {
    const suggested = (cores: number) => {
      const half = { ...QUIET.estimate, cpuCores: 0.5 };
      const watch = new Watch({ ...QUIET, estimate: half, bound: half }).steps(1, { ms: 15_000, cores });
      const [event] = watch.events;
      assert.ok(event?.event === 'runaway_risk' && event.dim === 'cpu');
      return event.suggested_command;
    };
    for (const [cores, expected] of [
      [0.72, 0.8],
      [0.98, 1],
      [1.02, 1],
      [1.3, 1.5],
      [1.98, 2],
    ] as const)
      assert.equal(suggested(cores), `babysit adjust build --estimated_cpu_cores=${expected}`);
  });

  it('has the time left of the window when the use is already above the value of the kill', () => {
    const watch = new Watch(QUIET).steps(1, { memBytes: 9 * GIB });
    const [event] = watch.events;
    assert.ok(event?.event === 'runaway_risk');
    assert.equal(event.kill_in_s, 30);
  });
});

const STRAY = { pid: 4711, name: 'python3', cgroup: '/user.slice/run-r1.scope' };

describe('left_its_group', () => {
  it('comes once, when a process is outside of the group', () => {
    const watch = new Watch(QUIET);
    watch.step({});
    for (let at = 0; at < 3; at += 1) watch.step({ strays: [STRAY] });
    const [event, ...more] = watch.events;
    assert.ok(event?.event === 'left_its_group' && more.length === 0);
    assert.deepEqual(event.processes, [STRAY]);
  });
});

describe('kill', () => {
  /** One sample to begin the window, then `seconds` of it. */
  const above = (seconds: number, step: Step) => new Watch(QUIET).steps(1 + seconds, step).kill?.reason;
  const TABLE: [string, () => string | undefined, string | undefined][] = [
    ['memory at twice the estimate, without end', () => above(300, { memBytes: 8 * GIB }), undefined],
    ['memory above twice the estimate for 29 s', () => above(29, { memBytes: 8 * GIB + 1 }), undefined],
    [
      'memory above twice the estimate for 30 s',
      () => above(30, { memBytes: 8 * GIB + 1 }),
      'estimated_mem_exceeded',
    ],
    ['CPU at twice the estimate, without end', () => above(300, { cores: 8 }), undefined],
    ['CPU above twice the estimate for 29 s', () => above(29, { cores: 8.1 }), undefined],
    ['CPU above twice the estimate for 30 s', () => above(30, { cores: 8.1 }), 'estimated_cpu_exceeded'],
    ['forks refused for 4 s', () => above(4, { refusedForks: 1 }), undefined],
    ['forks refused for 5 s', () => above(5, { refusedForks: 1 }), 'pids_exceeded'],
    ['elapsed at the kill timeout', () => above(0, { ms: 20 * MINUTE }), undefined],
    ['elapsed above the kill timeout', () => above(0, { ms: 20 * MINUTE + 1 }), 'elapsed_exceeded'],
    ['an OOM in the group', () => above(0, { oomKills: 1 }), 'cgroup_oom_killed'],
    [
      'memory above the cap that processes outside of the group hold',
      () => above(0, { memBytes: 12 * GIB + 1, strays: [STRAY] }),
      'mem_exceeded',
    ],
    [
      'an OOM kill for lack of memory outside',
      () => above(0, { oomKills: 1, isOomAtOwnCap: false }),
      'kernel_oom',
    ],
    [
      'an OOM comes before every other cause',
      () => above(0, { ms: 99 * MINUTE, oomKills: 2 }),
      'cgroup_oom_killed',
    ],
    ['memory at any height with a kernel cap', () => above(1, { memBytes: 60 * GIB }), undefined],
  ];
  for (const [what, reason, expected] of TABLE)
    it(`${what}: ${expected ?? 'none'}`, () => assert.equal(reason(), expected));

  const UNCAPPED: [string, number, number, string | undefined][] = [
    ['at mem_pct_limit', 0.4 * 64, 40, undefined],
    ['above mem_pct_limit', 0.4 * 64 + 0.1, 40, 'mem_exceeded'],
    ['at the envelope', 12, 12, undefined],
    ['above the envelope', 12.1, 12, 'mem_exceeded'],
  ];
  for (const [what, gib, capGib, expected] of UNCAPPED)
    it(`memory ${what} without a kernel cap: ${expected ?? 'none'}`, () => {
      const watch = new Watch({ ...QUIET, memMaxBytes: capGib * GIB }, NO_CAP);
      assert.equal(watch.step({ memBytes: Math.floor(gib * GIB) }).kill?.reason, expected);
    });

  for (const [what, step] of [
    ['memory', { memBytes: 9 * GIB }],
    ['CPU', { cores: 9 }],
  ] as const)
    it(`of sustained ${what} starts over after one good sample`, () => {
      const watch = new Watch(QUIET).steps(30, step).steps(1, {}).steps(30, step);
      assert.equal(watch.kill, null);
      assert.notEqual(watch.steps(1, step).kill, null);
    });

  it('has the measured numbers', () => {
    const mem = new Watch(QUIET).steps(1, { memBytes: 10 * GIB }).steps(30, { memBytes: 9 * GIB })
      .kill?.detail;
    assert.deepEqual(mem, {
      peak_mem_bytes: 10 * GIB,
      mem_bytes: 9 * GIB,
      estimated_mem_bytes: 4 * GIB,
      sustained_ms: 30_000,
    });
    const cpu = new Watch(QUIET).steps(31, { cores: 9.5 }).kill?.detail;
    assert.deepEqual(cpu, { cpu_cores: 9.5, estimated_cpu_cores: 4, sustained_ms: 30_000 });
    const oom = new Watch(QUIET).steps(1, { memBytes: 11 * GIB, oomKills: 2 }).kill?.detail;
    assert.deepEqual(oom, { cap_bytes: 12 * GIB, peak_mem_bytes: 11 * GIB, oom_kills: 2 });
  });
});

describe('silence', () => {
  const TABLE: [string, number, string[], string | undefined][] = [
    ['at 80 % of the interval', 4 * MINUTE, [], undefined],
    ['above 80 %', 4 * MINUTE + 1, ['stall_risk'], undefined],
    ['at the interval', 5 * MINUTE, ['stall_risk'], undefined],
    ['above the interval', 5 * MINUTE + 1, ['stall_risk'], 'observability_stall'],
  ];
  for (const [what, ms, reported, kill] of TABLE)
    it(`${what}: ${reported.join() || 'nothing'}, ${kill ?? 'no kill'}`, () => {
      const watch = new Watch().steps(1, { ms });
      assert.deepEqual(watch.reported(), reported);
      assert.equal(watch.kill?.reason, kill);
    });

  it('is warned of once, and again after output', () => {
    const watch = new Watch().steps(290, {});
    assert.deepEqual(watch.reported(), ['stall_risk']);
    watch.steps(1, { prints: 1 }).steps(239, {});
    assert.deepEqual(watch.reported(), ['stall_risk']);
    watch.steps(2, {});
    assert.deepEqual(watch.reported(), ['stall_risk', 'stall_risk']);
    assert.equal(watch.kill, null);
  });

  it('does not count when the interval is 0', () => {
    const watch = new Watch(subject({ limits: { observabilityMs: 0 }, estimate: { timeMs: 99 * MINUTE } }));
    watch.steps(1, { ms: 19 * MINUTE });
    assert.deepEqual([watch.reported(), watch.kill], [[], null]);
  });

  for (const [cores, diagnosis] of [
    [0, /^idle/],
    [0.5, /^busy: using 0\.5 cores/],
  ] as const)
    it(`with ${cores} cores in use is diagnosed as ${diagnosis.source}`, () => {
      const [event] = new Watch().steps(241, { cores }).events;
      assert.ok(event?.event === 'stall_risk');
      assert.match(event.diagnosis, diagnosis);
      assert.deepEqual([event.silent_s, event.kill_in_s], [241, 59]);
    });
});

describe('the io of a silent task', () => {
  it('is read in time for a rate at the warning, at any sampling rate without gaps, and not earlier', () => {
    const ticks = fc.array(fc.integer({ min: 500, max: 3_900 }), { minLength: 600, maxLength: 600 });
    fc.assert(
      fc.property(ticks, fc.integer({ min: 10, max: 300 }), (ticksMs, intervalS) => {
        const limits = someLimits({ observabilityMs: intervalS * 1000 });
        const watch = new Watch({ ...SUBJECT, limits }, { rules: GAP_RULES });
        let looks = 0;
        for (const ms of ticksMs) {
          const isNear = isStallNear(limits, watch.state, 2 * GAP_RULES.gapMs);
          if (isNear) looks += 1;
          else assert.ok(watch.state.silentMs <= 0.8 * limits.observabilityMs - 2 * GAP_RULES.gapMs);
          watch.step({ ms });
          if (watch.reported().includes('stall_risk')) break;
        }
        assert.ok(looks >= 2, `${looks}`);
      }),
      { numRuns: 50 },
    );
  });
});

describe('growth without a cap of the kernel', () => {
  const due = (driverCapsMem: boolean, ...mem: readonly number[]) => {
    const watch = new Watch(QUIET, { rules: { ...GAP_RULES, driverCapsMem } });
    return mem.map((gib) => watch.step({ memBytes: gib * GIB }).dueInMs).at(-1);
  };
  const other = due(true, 1, 2);

  it('brings the next sample to half of the way to the limit, at least 100 ms ahead', () => {
    assert.equal(due(false, 1, 6), 600);
    assert.equal(due(false, 1, 11.9), 100);
  });

  it('changes nothing for a task that stays, shrinks or has a cap, and after a gap', () => {
    assert.deepEqual([due(false, 2, 2), due(false, 2, 1), due(true, 1, 11.9)], [other, other, other]);
    const watch = new Watch(QUIET, { rules: { ...GAP_RULES, driverCapsMem: false } });
    assert.ok(Number(watch.step({ ms: 10_000, memBytes: 11 * GIB }).dueInMs) > 1000);
  });
});

describe('a pause', () => {
  it('stops every clock', () => {
    const watch = new Watch(QUIET).steps(20, { memBytes: 9 * GIB, cores: 9 });
    const { elapsedMs, silentMs, memOverMs, cpuOverMs } = watch.state;
    watch.steps(3_600, { memBytes: 9 * GIB, paused: true });
    const { state } = watch;
    assert.deepEqual(
      [state.elapsedMs, state.silentMs, state.memOverMs, state.cpuOverMs],
      [elapsedMs, silentMs, memOverMs, cpuOverMs],
    );
    watch.steps(1, { ms: 10, memBytes: 9 * GIB });
    assert.deepEqual([watch.state.elapsedMs, watch.state.cpuOverMs], [elapsedMs + 10, cpuOverMs]);
    assert.equal(watch.kill, null);
  });

  it('does not count in rates: CPU time before and after it is not spread over it', () => {
    const watch = new Watch(QUIET).steps(5, { cores: 6 }).steps(100, { paused: true }).steps(1, { cores: 6 });
    assert.equal(watch.state.cpu.cores, 6);
  });
});

describe('adjust', () => {
  it('resets windows and warnings of the old numbers', () => {
    const watch = new Watch(QUIET).steps(25, { memBytes: 9 * GIB, cores: 9 });
    watch.adjust(subject({ limits: { observabilityMs: 0 }, estimate: { memBytes: 4.4 * GIB } }));
    watch.steps(10, { memBytes: 9 * GIB, cores: 5 });
    assert.equal(watch.kill, null);
    assert.deepEqual(watch.reported(), ['runaway_risk:mem', 'runaway_risk:cpu', 'runaway_risk:mem']);
    assert.equal(watch.steps(21, { memBytes: 9 * GIB }).kill?.reason, 'estimated_mem_exceeded');
  });

  it('of one number keeps the clocks of the others', () => {
    const watch = new Watch(QUIET).steps(25, { memBytes: 9 * GIB });
    watch.adjust(subject({ limits: { observabilityMs: 0 }, estimate: { timeMs: 20 * MINUTE } }));
    assert.equal(watch.steps(6, { memBytes: 9 * GIB }).kill?.reason, 'estimated_mem_exceeded');
    assert.equal(watch.state.elapsedMs, 31_000);
  });

  it('of the observability interval starts a whole new one', () => {
    const watch = new Watch().steps(290, {});
    watch.adjust(subject({ limits: { observabilityMs: 301_000 } })).steps(301, {});
    assert.deepEqual([watch.reported(), watch.kill], [['stall_risk', 'stall_risk'], null]);
  });
});

describe('a dry run', () => {
  it('reports each reason once and kills nothing', () => {
    const watch = new Watch(SUBJECT, { rules: { ...RULES, dryRun: true } });
    watch.steps(400, { memBytes: 9 * GIB });
    assert.equal(watch.kill, null);
    assert.deepEqual(
      watch.wouldKill.map(({ reason }) => reason),
      ['estimated_mem_exceeded'],
    );
    assert.equal(watch.wouldKill[0]?.detail.sustained_ms, 30_000);
    watch.steps(400, {});
    assert.deepEqual(
      watch.wouldKill.map(({ reason }) => reason),
      ['estimated_mem_exceeded', 'observability_stall'],
    );
  });
});

describe('the highest use of CPU', () => {
  it('is a mean over some seconds, not one sample', () => {
    const watch = new Watch(QUIET).steps(30, { cores: 1 }).steps(1, { cores: 16 }).steps(30, { cores: 1 });
    assert.ok(watch.state.peakCpuCores < 3);
    assert.ok(watch.steps(60, { cores: 8 }).state.peakCpuCores > 7.9);
  });
});
