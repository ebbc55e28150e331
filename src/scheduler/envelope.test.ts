// The caps of an attempt, as a table.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aCapacity } from '../../test/support/build/build-snapshot.ts';
import { anEnvelope, anEstimate, GIB, someLimits } from '../../test/support/build/build-task.ts';
import { DEFAULT_EXEC_OPTIONS, type ExecOptions } from '../core/task.ts';
import { type EnvelopeRules, envelope, withYield, yieldsCpu } from './envelope.ts';

const capacity = aCapacity({ memTotalBytes: 64 * GIB, cores: 16, cpuShareCores: 15 });
const rules: EnvelopeRules = {
  memReserveBytes: 16 * GIB,
  cpuWeight: 50,
  cpuIdle: false,
  pidsMax: 4096,
  nice: 10,
  oomScoreAdj: 500,
};

describe('envelope', () => {
  const TABLE: [string, { mem?: number; cpu?: number; memPct?: number; cpuPct?: number }, number, number][] =
    [
      ['three times the estimate', { mem: 4, cpu: 2 }, 12, 6],
      ['at most mem_pct_limit of the host', { mem: 20 }, 25.6, 12],
      ['at most the memory without the reserve', { mem: 20, memPct: 90 }, 48, 12],
      ['at most cpu_pct_limit of the cores', { cpu: 10 }, 12, 14.4],
      ['a low cpu_pct_limit', { cpu: 1, cpuPct: 10 }, 12, 1.6],
      ['at most the CPU time of all tasks together', { cpu: 16, cpuPct: 100 }, 12, 15],
    ];
  for (const [what, { mem = 4, cpu = 4, memPct = 40, cpuPct = 90 }, memGib, cores] of TABLE)
    it(`caps at ${what}`, () => {
      const caps = envelope(
        anEstimate({ memBytes: mem * GIB, cpuCores: cpu }),
        someLimits({ memPctLimit: memPct, cpuPctLimit: cpuPct }),
        capacity,
        rules,
        DEFAULT_EXEC_OPTIONS,
      );
      assert.deepEqual(caps, {
        memMaxBytes: Math.floor(memGib * GIB),
        cpuMaxCores: cores,
        cpuWeight: 50,
        cpuIdle: false,
        pidsMax: 4096,
        nice: 10,
        oomScoreAdj: 500,
      });
    });
});

describe('niceness', () => {
  const TABLE: [string, Partial<ExecOptions>, number][] = [
    ['is that of the settings', {}, 10],
    ['is that of a caller who has more', { callerNice: 15 }, 15],
    ['is that of the settings for a caller who has less', { callerNice: 5 }, 10],
    ['is the one that the request names', { callerNice: 15, nice: 3 }, 3],
    ['of the idle class is not lowered by the caller', { callerNice: 15, isBackground: true }, 19],
  ];
  for (const [what, options, nice] of TABLE)
    it(what, () => {
      const caps = envelope(anEstimate(), someLimits(), capacity, rules, {
        ...DEFAULT_EXEC_OPTIONS,
        ...options,
      });
      assert.equal(caps.nice, nice);
    });
});

describe('a task above its CPU estimate', () => {
  const oneCore = anEstimate({ cpuCores: 1 });
  const TABLE: [string, boolean, number, boolean][] = [
    ['does not yield within its estimate', false, 1, false],
    ['does not yield for the threads of its runtime', false, 1.09, false],
    ['yields', false, 1.2, true],
    ['yields until it is back at its estimate', true, 1.05, true],
    ['stops yielding there', true, 1, false],
  ];
  for (const [what, before, meanCores, yields] of TABLE)
    it(what, () => assert.equal(yieldsCpu(before, meanCores, oneCore), yields));

  it('has a tenth of its weight while it yields, and nothing else changes', () => {
    const caps = anEnvelope({ cpuWeight: 50 });
    assert.deepEqual(withYield(caps, true), { ...caps, cpuWeight: 5 });
    assert.equal(withYield(caps, false), caps);
    assert.equal(withYield(anEnvelope({ cpuWeight: 1 }), true).cpuWeight, 1);
  });
});
