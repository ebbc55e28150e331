// What a request leaves out, and that learning never narrows what ends a task.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anyRun, aRun, NO_RUNS } from '../../test/support/rigs/learned-runs.ts';
import { boundEstimate, statedEstimate } from '../core/estimate.ts';
import { adviceFor, adviceHint } from './advice.ts';
import { fillEstimate } from './fill.ts';
import { estimateOfKind } from './kind-rules.ts';
import { type History, predict } from './predict.ts';

const GIB = 1024 ** 3;
const DEFAULTS = { timeMs: 600_000, memBytes: 4 * GIB, cpuCores: 4 };
const NOTHING = { timeMs: null, memBytes: null, cpuCores: null };
const SIX = Array.from({ length: 6 }, () => aRun());
const known = predict({ ...NO_RUNS, shape: SIX }, { statedMs: 600_000, declaredCores: null });
const base = {
  declared: NOTHING,
  defaults: DEFAULTS,
  prediction: known,
  ofKind: null,
  mode: 'declared',
  most: { memBytes: 64 * GIB, cpuCores: 16 },
  advice: [],
} as const;

describe('the level', () => {
  const at = (history: Partial<History>) =>
    predict({ ...NO_RUNS, ...history }, { statedMs: 1, declaredCores: null }).mem?.level;

  it('is the most exact one with enough measured runs', () => {
    assert.equal(at({}), undefined);
    assert.equal(at({ exact: SIX.slice(0, 3), shape: SIX }), 'exact');
    assert.equal(at({ exact: [aRun({ memBytes: null })], shape: SIX }), 'shape');
    assert.equal(at({ subcommand: [aRun()], elsewhere: SIX }), 'subcommand');
    assert.equal(at({ elsewhere: [aRun(), aRun()] }), undefined);
    assert.equal(at({ elsewhere: SIX }), 'elsewhere');
  });

  it('is the shape where the exact command has fewer than three runs and the shape has more', () => {
    const [one, three] = [[aRun()], SIX.slice(0, 3)];
    assert.equal(at({ exact: one, shape: three }), 'shape');
    assert.equal(at({ exact: one, shape: SIX.slice(0, 2) }), 'exact');
    assert.equal(at({ exact: one, subcommand: SIX }), 'exact');
    assert.equal(at({ shape: one, subcommand: SIX }), 'shape');
  });

  it('uses the runs with comparable declared cores, if there are any', () => {
    const runs = [aRun({ declaredCores: 1, memBytes: GIB }), aRun({ declaredCores: 8, memBytes: 9 * GIB })];
    const mem = (declaredCores: number | null) =>
      predict({ ...NO_RUNS, exact: runs }, { statedMs: 1, declaredCores }).mem;
    assert.deepEqual([mem(1)?.n, mem(8)?.n, mem(3)?.n, mem(null)?.n], [1, 1, 2, 2]);
    assert.ok((mem(1)?.value ?? 0) < 2 * GIB);
  });
});

describe('an estimate', () => {
  it('that was omitted is what was learned', () => {
    const { estimate, basis } = fillEstimate(base);
    assert.deepEqual(basis.from, { timeMs: 'learned', memBytes: 'learned', cpuCores: 'learned' });
    assert.deepEqual([estimate.timeMs, estimate.cpuCores], [30_000, 1]);
    assert.ok(estimate.memBytes > GIB && estimate.memBytes < 1.3 * GIB);
    assert.deepEqual(boundEstimate({ estimate, basis }), DEFAULTS);
  });

  it('that was declared is charged as declared, unless the mode is learned', () => {
    const declared = { ...NOTHING, memBytes: 9 * GIB };
    assert.equal(fillEstimate({ ...base, declared }).estimate.memBytes, 9 * GIB);
    const { estimate, basis } = fillEstimate({ ...base, declared, mode: 'learned' });
    assert.ok(estimate.memBytes < 2 * GIB);
    assert.equal(boundEstimate({ estimate, basis }).memBytes, 9 * GIB);
  });

  it('that was declared too small bounds nothing: the caps follow what was learned', () => {
    const declared = { ...NOTHING, memBytes: GIB / 4 };
    const filled = fillEstimate({ ...base, declared });
    assert.equal(filled.estimate.memBytes, GIB / 4);
    assert.equal(statedEstimate(filled).memBytes, GIB / 4);
    assert.ok(boundEstimate(filled).memBytes > GIB);
  });

  it('of an unknown command comes from its kind, else from the defaults', () => {
    const unknown = { ...base, prediction: null };
    assert.deepEqual(fillEstimate(unknown).estimate, DEFAULTS);
    const filled = fillEstimate({ ...unknown, ofKind: estimateOfKind('npm test') });
    assert.deepEqual([filled.estimate.memBytes, filled.basis.from.memBytes], [2 * GIB, 'rule']);
    assert.equal(boundEstimate(filled).memBytes, 4 * GIB);
  });

  it('of several commands is the largest of their kinds, and that of none with an unknown one', () => {
    assert.equal(estimateOfKind('pip install ; pytest')?.cpuCores, 2);
    assert.equal(estimateOfKind('npm run build')?.cpuCores, 4);
    assert.equal(estimateOfKind('npm run test:unit')?.cpuCores, 2);
    assert.equal(estimateOfKind('pip install ; simulate'), null);
    assert.equal(estimateOfKind('makefile-lint'), null);
  });
});

describe('advice', () => {
  const adviceOn = (memBytes: number, runs = SIX) => {
    const history = { ...NO_RUNS, shape: runs };
    const declared = { ...NOTHING, memBytes };
    return adviceFor(declared, predict(history, { statedMs: 600_000, declaredCores: null }), history);
  };

  it('is given from three runs on, when the value is far off', () => {
    assert.deepEqual(adviceOn(GIB), []);
    assert.deepEqual(adviceOn(3 * GIB), []);
    assert.deepEqual(adviceOn(GIB / 2, SIX.slice(0, 2)), []);
    const [advice] = adviceOn(GIB / 2);
    assert.deepEqual([advice?.dim, advice?.n, advice?.level, advice?.killed], ['mem', 6, 'shape', 0]);
    assert.deepEqual(advice?.recent, Array(6).fill(GIB));
    assert.match(
      advice === undefined ? '' : adviceHint(advice),
      /^You gave 512M; the last 6 of 6 runs of this command used 1G to 1G: leave --estimated_mem_bytes out/,
    );
    assert.equal(adviceOn(8 * GIB).length, 1);
  });

  it('does not ask for more than each run has used', () => {
    const small = SIX.map((run) => ({ ...run, memBytes: GIB / 1024 }));
    assert.deepEqual(adviceOn(GIB / 32, small), []);
    const [advice] = adviceOn(GIB / 2048, small);
    assert.equal(advice?.dim, 'mem');
    const killed = small.map((run) => ({ ...run, memKind: 'cap' as const }));
    assert.equal(adviceOn(GIB / 32, killed).length, 1);
  });

  it('does not ask for less than a run of the same command has used', () => {
    const history = {
      ...NO_RUNS,
      shape: SIX,
      exact: SIX.slice(0, 1).map((run) => ({ ...run, memBytes: 9 * GIB })),
    };
    const asked = { statedMs: 600_000, declaredCores: null };
    const advice = adviceFor({ ...NOTHING, memBytes: 20 * GIB }, predict(history, asked), history);
    assert.deepEqual(advice, []);
  });
});

it('learning never narrows what ends a task, for any history', () => {
  const runs = fc.array(anyRun, { maxLength: 8 });
  const value = fc.option(fc.integer({ min: 1, max: 2 ** 40 }));
  fc.assert(
    fc.property(
      fc.record({ exact: runs, shape: runs, subcommand: runs, elsewhere: runs }),
      fc.record({ timeMs: value, memBytes: value, cpuCores: value }),
      fc.constantFrom('declared' as const, 'learned' as const),
      fc.record({
        memBytes: fc.integer({ min: 1, max: 2 ** 40 }),
        cpuCores: fc.integer({ min: 1, max: 64 }),
      }),
      (history, declared, mode, most) => {
        const statedMs = declared.timeMs ?? DEFAULTS.timeMs;
        const prediction = predict(history, { statedMs, declaredCores: declared.cpuCores });
        const filled = fillEstimate({ ...base, declared, prediction, mode, most });
        const bound = boundEstimate(filled);
        for (const dim of ['timeMs', 'memBytes', 'cpuCores'] as const) {
          assert.ok(bound[dim] >= (declared[dim] ?? DEFAULTS[dim]), dim);
          assert.ok(bound[dim] >= filled.estimate[dim], dim);
          assert.ok(filled.estimate[dim] > 0, dim);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
