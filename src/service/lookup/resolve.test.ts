// References: in the caller's project first, elsewhere only when one task fits there.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { serviceOf } from '../../../test/support/build/build-service.ts';
import { NOW } from '../../../test/support/build/build-snapshot.ts';
import { aTask, ENDED, taskId } from '../../../test/support/build/build-task.ts';
import type { BabysitError } from '../../core/errors.ts';
import type { Task } from '../../core/task.ts';

/** Task n of a project: live when no state is given. */
const of = (project: string, n: number, name: string, state?: Task['state']): Task =>
  aTask({ id: taskId(n), project, name, ...(state === undefined ? {} : { state }) });

const TASKS = [
  of('/a', 1, 'build', ENDED.failed),
  of('/b', 2, 'build'),
  of('/a', 3, 'build', ENDED.killed),
  of('/b', 4, 'lint'),
  of('/a', 5, 'lint', ENDED.completed),
  of('/b', 6, 'deploy'),
  of('/a', 7, 'test', ENDED.failed),
  of('/b', 8, 'test', ENDED.failed),
  of('/b', 9, 'test'),
  of('/a', 16, 'sweep'),
  of('/b', 17, 'sweep', ENDED.failed),
];

function resolver(t: TestContext) {
  const { store, service } = serviceOf(t);
  store.commit({ tasks: TASKS, environments: [], events: [], leases: [], droppedLeases: [], ownerUse: [] });
  return (ref: string, project: string | null): string => {
    try {
      return service.resolve(ref, project);
    } catch (error) {
      const { code, extra } = error as { code: string; extra: { candidates?: { id: string }[] } };
      return [code, ...(extra.candidates ?? []).map(({ id }) => id)].join(' ');
    }
  };
}

describe('patterns and tags', () => {
  const HOUR_MS = 3_600_000;
  const endedAt = (hours: number) => ({ ...ENDED.failed, endedAt: NOW - hours * HOUR_MS });
  const tasks = [
    { ...of('/a', 1, 'item-1', endedAt(2)), tags: ['sweep'] },
    { ...of('/a', 2, 'item-1', endedAt(1)), tags: ['sweep'] },
    { ...of('/a', 3, 'item-2', endedAt(25)), tags: ['sweep'] },
    { ...of('/a', 4, 'item-3'), tags: ['sweep', 'a,b'] },
    { ...of('/a', 5, 'other'), batch: 'batch-0123456789' },
    { ...of('/a', 6, 'item-10', endedAt(3)), tags: ['swee'] },
    { ...of('/b', 7, 'item-3'), tags: ['sweep'] },
  ];
  const TABLE: [query: string, found: number[], why: string][] = [
    ['pattern=item-*&project=/a', [2, 4, 6], 'the newest of each name that ended within a day'],
    ['pattern=item-?&project=/a', [2, 4], 'one character'],
    ['pattern=item-[1-2]&project=/a', [2], 'a set'],
    ['pattern=*', [2, 4, 5, 6, 7], 'without a project all'],
    ['pattern=ITEM-*', [], 'case-sensitive'],
    ['pattern=item-%25', [], 'no wildcards of SQL'],
    ['tag=sweep&project=/a', [2, 4], 'a whole tag'],
    ['tag=batch-0123456789', [5], 'a batch is a tag'],
    ['tag=sweep,batch-0123456789&pattern=item-10&project=/a', [2, 4, 5, 6], 'all together, each once'],
    ['tag=sweep&status=failed', [2], 'only these statuses'],
    ['tag=nope', [], 'no task'],
  ];

  it('select tasks, or the error says that none matches', async (t) => {
    const { store, ask } = serviceOf(t);
    store.commit({ tasks, environments: [], events: [], leases: [], droppedLeases: [], ownerUse: [] });
    for (const [query, found, why] of TABLE) {
      const { body } = await ask('GET', `/v1/select?${query}`);
      if (found.length === 0) assert.equal(body.error, 'not_found', why);
      else
        assert.deepEqual(
          body.tasks.map(({ id }: { id: string }) => id),
          found.map(taskId),
          why,
        );
    }
    assert.equal((await ask('GET', '/v1/select')).body.error, 'usage');
  });
});

describe('a reference', () => {
  const TABLE: [ref: string, project: string | null, found: string, why: string][] = [
    ['build', '/a', taskId(3), 'the newest ended task here, not the live one there'],
    ['build', '/b', taskId(2), 'the live task here'],
    ['lint', '/a', taskId(5), 'an ended task here before a live one there'],
    ['sweep', '/b', taskId(17), 'the same in the other direction'],
    ['deploy', '/a', taskId(6), 'the only one elsewhere, when none is here'],
    ['deploy', '/c', taskId(6), 'the only one elsewhere, from a project without tasks'],
    ['test', '/b', taskId(9), 'the live one before an ended one'],
    ['test', '/c', `ambiguous ${taskId(9)} ${taskId(7)}`, 'more than one elsewhere'],
    ['lint', '/c', `ambiguous ${taskId(5)} ${taskId(4)}`, 'a live one elsewhere is not preferred'],
    ['build', null, `ambiguous ${taskId(3)} ${taskId(2)}`, 'in all projects none is preferred'],
    ['deploy', null, taskId(6), 'in all projects the only one'],
    ['none', '/a', 'not_found', 'no task'],
    [taskId(2), '/a', taskId(2), 'a whole id refers to its task from anywhere'],
    [taskId(2).toLowerCase(), '/a', taskId(2), 'an id in lower case'],
    [taskId(16).slice(0, 25), '/a', taskId(16), 'a prefix that is unique here'],
    [taskId(16).slice(0, 25), '/b', taskId(17), 'a prefix that is unique there'],
    [taskId(16).slice(0, 25), '/c', `ambiguous ${taskId(17)} ${taskId(16)}`, 'a prefix of two elsewhere'],
    ['LINT', '/b', 'not_found', 'names are case-sensitive'],
  ];

  it('refers to one task, or the error lists the ids', (t) => {
    const resolve = resolver(t);
    for (const [ref, project, found, why] of TABLE) assert.equal(resolve(ref, project), found, why);
  });

  it('that was mistyped or cut off gets the newest name that is near', (t) => {
    const { store, service } = serviceOf(t);
    const tasks = [
      ...TASKS,
      of('/a', 18, 'build-2', ENDED.failed),
      of('/a', 19, "it's 1"),
      of('/b', 20, 'build-3'),
    ];
    store.commit({ tasks, environments: [], events: [], leases: [], droppedLeases: [], ownerUse: [] });
    for (const [ref, project, near, hint] of [
      ['buidl', '/a', 'build', 'Did you mean build?'],
      ['buil', '/a', 'build-2', 'Did you mean build-2?'],
      ['build-', null, 'build-3', 'Did you mean build-3?'],
      ["it's", '/a', "it's 1", `Did you mean 'it'\\''s 1'?`],
      ['deploi', '/a', undefined, undefined],
    ] as const)
      assert.throws(
        () => service.resolve(ref, project),
        ({ code, hint: said, extra }: BabysitError) => {
          assert.deepEqual([code, extra.nearest, extra.ref], ['not_found', near, ref]);
          assert.equal(said, hint ?? 'Run babysit list --all to see every task with its id.');
          return true;
        },
      );
  });

  it('in the address of a request takes the project of the caller', async (t) => {
    const { run, ask, kill, makeRoom, makeGroups } = serviceOf(t);
    makeRoom();
    makeGroups();
    const inA = (await run({ name: 'lint', project: '/a' })).body.id;
    const inB = (await run({ name: 'lint', project: '/b' })).body.id;
    assert.notEqual(inA, inB);
    for (const [query, id] of [
      ['?project=/a', inA],
      ['?project=%2Fb', inB],
    ])
      assert.equal((await ask('GET', `/v1/tasks/lint${query}`)).body.id, id);
    assert.equal((await ask('GET', '/v1/tasks/lint')).body.error, 'ambiguous');
    assert.equal((await kill('lint')).body.error, 'ambiguous');
    assert.equal((await ask('POST', '/v1/tasks/lint/pause?project=/a')).body.id, inA);
    assert.equal((await ask('GET', `/v1/tasks/${inB}?project=/a`)).body.status, 'running');
  });

  it('of a dependency is looked up in the project of the task', async (t) => {
    const { run } = serviceOf(t);
    for (const project of ['/a', '/b']) await run({ name: 'build', project, queue: true });
    const { body } = await run({ name: 'next', project: '/b', after: 'build', queue: true });
    assert.deepEqual([body.status, body.waiting.blocked_by], ['pending', ['build']]);
    const other = await run({ name: 'next', project: '/c', after: 'build', queue: true });
    assert.equal(other.body.error, 'ambiguous');
  });
});
