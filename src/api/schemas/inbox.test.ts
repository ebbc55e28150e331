// Requests about the inbox: its owner, and refusals.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { taskId } from '../../../test/support/build/build-task.ts';
import { BabysitError } from '../../core/errors.ts';
import { parseInbox, parseSeen } from './inbox.ts';

const isUsage = (error: unknown) => error instanceof BabysitError && error.code === 'usage';

describe('parseInbox', () => {
  it('reads the project as the owner of tasks without one', () =>
    assert.deepEqual(parseInbox({ project: '/p' }), {
      owner: '/p',
      project: null,
      limit: 50,
      isPeek: false,
    }));

  it('reads others as the tasks of the project', () =>
    assert.deepEqual(parseInbox({ owner: 'me', project: '/p', others: true, limit: 5, peek: true }), {
      owner: 'me',
      project: '/p',
      limit: 5,
      isPeek: true,
    }));

  for (const body of [
    undefined,
    {},
    { project: 'p' },
    { project: '/p', limit: 0 },
    { project: '/p', all: true },
  ])
    it(`refuses ${JSON.stringify(body)}`, () => assert.throws(() => parseInbox(body), isUsage));
});

describe('parseSeen', () => {
  it('reads tasks by id, each with the last event seen', () => {
    const seen = [{ id: taskId(1), seq: 7 }];
    assert.deepEqual(parseSeen({ owner: 'me', project: '/p', seen }), { owner: 'me', seen });
    assert.equal(parseSeen({ project: '/p', seen }).owner, '/p');
  });

  for (const seen of [undefined, [{ id: 'x' }], [{ id: 'x', seq: -1 }], [{ id: 'x', seq: 1.5 }], 'x'])
    it(`refuses ${JSON.stringify(seen)}`, () =>
      assert.throws(() => parseSeen({ project: '/p', seen }), isUsage));
});
