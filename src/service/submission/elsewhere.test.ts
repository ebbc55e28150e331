// Where a task goes with --engine=auto, and what a refusal here says about the other engine.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { aRun, configWith } from '../../../test/support/build/build-run.ts';
import { BabysitError } from '../../core/errors.ts';
import type { RunRequest } from '../../request/request.ts';
import { batchAnywhere, runAnywhere } from './elsewhere.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();
const shared = configWith({ 'engine.auto_projects': ['/data'] });
const full = (minutes: number | null, dim = 'mem') =>
  new BabysitError('capacity_exceeded', 'full', { dim, latest_start: minutes && at(minutes), hint: 'Wait.' });

/** Returns what was submitted last: the engine, and if it may queue; or the error. */
async function outcome(
  request: Partial<RunRequest>,
  here: BabysitError | null,
  there: number | null,
  config = shared,
) {
  const submitted: string[] = [];
  const soonest = async () =>
    there === null ? null : ({ engine: 'slurm', startMs: NOW + there * 60_000 } as const);
  const submit = async ({ engine: asked, queue }: RunRequest) => {
    submitted.push(`${asked}${queue ? ' queued' : ''}`);
    if (here !== null && asked !== 'slurm' && !queue) throw here;
    return submitted.at(-1);
  };
  const run = aRun({ cwd: '/data/project', ...request });
  return runAnywhere({ engine: { soonest }, config, nowMs: () => NOW }, run, submit).catch((error) => error);
}

const auto = { engine: 'auto' } as const;
const CASES: readonly [string, Parameters<typeof outcome>, string][] = [
  ['room here', [auto, null, 0], 'auto'],
  ['a sooner start there', [auto, full(10), 1], 'slurm'],
  ['no start known here', [auto, full(null), 30], 'slurm'],
  ['too large for this host', [auto, new BabysitError('infeasible', 'x'), 5], 'slurm'],
  ['within the margin, queued', [{ ...auto, queue: true }, full(2), 1.5], 'local queued'],
  ['no answer, queued', [{ ...auto, queue: true }, full(10), null], 'local queued'],
  [
    'a project that the nodes do not see, queued',
    [{ ...auto, queue: true, cwd: '/home/me' }, full(10), 0],
    'local queued',
  ],
  ['a terminal', [{ ...auto, pty: true, queue: true }, full(10), 0], 'local queued'],
  ['a GPU of the cluster', [{ ...auto, gpus: 1 }, null, null], 'slurm'],
  ['by default', [{}, full(10), 1, { ...shared, 'engine.default': 'auto' }], 'slurm'],
];
for (const [what, args, expected] of CASES)
  it(`${what}: ${expected}`, async () => assert.equal(await outcome(...args), expected));

it('the lines of a batch go where each starts sooner, and ask the other engine once for each need', async () => {
  const asked: number[] = [];
  const soonest = async (kinds: readonly string[], { memBytes }: { readonly memBytes: number }) => {
    asked.push(memBytes);
    assert.deepEqual(kinds, ['local', 'slurm']);
    return { engine: 'slurm', startMs: NOW + (memBytes > 10 ? 20 : 1) * 60_000 } as const;
  };
  const line = (memBytes: number, engine: RunRequest['engine']) =>
    aRun({ cwd: '/data/project', queue: true, memBytes, engine });
  const lines = [
    line(5, 'auto'),
    new BabysitError('usage', 'not a JSON object'),
    line(5, 'auto'),
    line(99, 'auto'),
    line(5, 'local'),
    line(5, 'slurm'),
  ];
  const deps = { engine: { soonest }, config: shared, nowMs: () => NOW };
  const submit = await batchAnywhere(deps, lines);
  const went = lines.map((each) =>
    each instanceof BabysitError
      ? null
      : submit(each, ({ engine, queue }) => {
          if (engine === 'auto') throw full(10);
          return `${engine}${queue ? ' queued' : ''}`;
        }),
  );
  assert.deepEqual(went, [
    'slurm queued',
    null,
    'slurm queued',
    'local queued',
    'local queued',
    'slurm queued',
  ]);
  assert.deepEqual(asked, [5, 99]);
});

it('refuses with the reason of this host where it may not wait, and where a person holds the start', async () => {
  for (const [error, there] of [
    [full(10), null],
    [full(10, 'hold'), 0],
    [full(1), 5],
  ] as const)
    assert.equal(await outcome(auto, error, there), error);
});

it('a refusal of another request names the sooner start there', async () => {
  const error = await outcome({ engine: 'local' }, full(10), 2);
  assert.deepEqual(error.extra.elsewhere, { engine: 'slurm', expected_start: at(2) });
  assert.match(error.hint, /^Wait\. Or add --engine=slurm: it starts there about 2026-01-01T00:02:00/);
});
