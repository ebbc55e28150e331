// What agents ask most fits in 400 bytes, whatever the host does: answers of the scheduler with names of usual lengths.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { admit } from '../../../src/scheduler/admission.ts';
import type { Blocked } from '../../../src/scheduler/explain.ts';
import { blockedView, refusal } from '../../../src/service/views/refusal.ts';
import { taskView } from '../../../src/service/views/task-view.ts';
import { aRun } from '../../../test/support/build/build-run.ts';
import { anyPending, anySnapshot, NOW } from '../../../test/support/build/build-snapshot.ts';
import { aTask, GIB } from '../../../test/support/build/build-task.ts';
import { errorView } from '../output.ts';
import { bytesOf, SHORT_BYTES } from './fit.ts';
import { adjustedView, liveView, statusView } from './short-view.ts';

const anyPrefix = (text: string) => fc.integer({ min: 1, max: text.length }).map((n) => text.slice(0, n));
const anyName = anyPrefix('train-resnet50-lr3e-4-fold-07-of-12');
const OWNERS = [
  'ci',
  '3f1c9f6e-5a0b-4d3c-9f43-0d2b6a1c7e55',
  '/home/someone/code/some-long-project',
] as const;
const anyOwner = fc.constantFrom(...OWNERS);
const anyHold = fc.record({
  scope: fc.constant('project' as const),
  of: anyOwner,
  reason: fc.option(anyPrefix('a meeting with '.repeat(7).slice(0, 100))),
  by: fc.constantFrom('eve', 'someone-of-the-build-team'),
  since: fc.constant(NOW),
  until: fc.option(fc.constant(NOW + 3_600_000)),
  isDrain: fc.boolean(),
});
const OUTSIDE = { name: 'cc1plus', processes: 8, memBytes: GIB, cpuCores: 7.9 };
const anyOutside = fc.constantFrom([], [{ ...OUTSIDE, belongsTo: `agent session ${OWNERS[1]}` }]);

/** Why the host has no room for a submission, if it has none. */
const anyBlocked: fc.Arbitrary<Blocked | null> = fc
  .tuple(
    anySnapshot,
    anyPending(999),
    fc.array(anyName, { minLength: 5, maxLength: 5 }),
    fc.array(anyOwner, { minLength: 5, maxLength: 5 }),
    fc.option(anyHold, { freq: 2 }),
  )
  .map(([snapshot, item, names, owners, hold]) => {
    const limits = { memPctLimit: 100, cpuPctLimit: 100 };
    const admission = admit(snapshot, { item, limits, queue: false, force: false }, NOW);
    if (admission.kind !== 'deny') return null;
    const { why } = admission;
    return {
      ...why,
      blockedBy: names.slice(0, why.blockedBy.length),
      owners: owners.slice(0, why.owners.length),
      ...(hold === null ? {} : { hold, dim: 'hold' }),
    };
  });

function checkShort(what: string, view: object, keys: readonly string[]): void {
  const text = JSON.stringify(view);
  assert.ok(bytesOf(view) <= SHORT_BYTES, `${what}, ${bytesOf(view)} bytes: ${text}`);
  for (const key of keys) assert.ok(text.includes(`"${key}":`), `${key} in ${text}`);
  assert.doesNotMatch(text, /\d\.\d{4}/);
}

it('a soft-deny, and status, adjust and each change of a pending task', () => {
  let [plain, held] = [0, 0];
  fc.assert(
    fc.property(
      anyBlocked,
      anyPrefix(`python train.py --epochs=30 --out=${'deep/'.repeat(50)}`),
      anyName,
      anyOutside,
      (why, line, name, outside) => {
        if (why === null) return;
        if (why.hold === undefined) plain += 1;
        else held += 1;
        const error = refusal({ kind: 'deny', why }, aRun({ line, name }), undefined, NOW, () => outside);
        assert.ok(error !== null);
        const denial = errorView(error) as Readonly<Record<string, unknown>>;
        checkShort('soft-deny', denial, ['dim', 'expected_start', 'latest_start', 'hint']);
        for (const start of [denial.expected_start, denial.latest_start])
          assert.ok(start === null || Date.parse(String(start)) > NOW, JSON.stringify(denial));
        const state = { status: 'pending', waitsFor: [], notBefore: null } as const;
        const task = taskView(aTask({ name, state }), {
          ...{ nowMs: NOW, live: null, progress: null, waiters: 0, children: [], logPath: null, ref: name },
          ...{ waiting: blockedView(why), most: { memBytes: 1000 * GIB, cpuCores: 64 } },
        });
        const keys = ['name', 'id', 'status', 'dim', 'expected_start'];
        checkShort('status', statusView(task), keys);
        checkShort('adjust', adjustedView(task, ['priority']), keys);
        checkShort('pause', liveView(task), keys);
      },
    ),
    { numRuns: 200 },
  );
  assert.ok(plain > 5 && held > 5, `${plain} without a hold, ${held} with one`);
});
