// What a hold covers, and which of several decides.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { covers, type Holdable, type HoldTarget, holdOf, keyOfHold, type StartHold } from './start-hold.ts';

const TASK: Holdable = { id: 't1', owner: 'alice', project: '/src', tags: ['gpu', 'batch-1'] };

const ROWS: readonly (readonly [HoldTarget, boolean])[] = [
  [{ scope: 'all', of: null }, true],
  [{ scope: 'project', of: '/src' }, true],
  [{ scope: 'project', of: '/src/sub' }, false],
  [{ scope: 'owner', of: 'alice' }, true],
  [{ scope: 'owner', of: '/src' }, false],
  [{ scope: 'tag', of: 'gpu' }, true],
  [{ scope: 'tag', of: 'batch-1' }, true],
  [{ scope: 'tag', of: 'gp' }, false],
  [{ scope: 'task', of: 't1' }, true],
  [{ scope: 'task', of: 't' }, false],
];

function aHold(target: HoldTarget, until: number | null): StartHold {
  return { ...target, reason: null, by: 'alice', since: 0, until, isDrain: false };
}

describe('a hold', () => {
  for (const [target, expected] of ROWS)
    it(`of ${keyOfHold(target)} ${expected ? 'covers' : 'does not cover'} the task`, () =>
      assert.equal(covers(target, TASK), expected));

  it('of a tag or a project covers no caller without them', () => {
    assert.equal(covers({ scope: 'tag', of: 'gpu' }, { id: 'x', owner: 'alice' }), false);
    assert.equal(covers({ scope: 'project', of: '/src' }, { id: 'x', owner: 'alice' }), false);
  });

  it('that ends last decides, and one without an end before all others', () => {
    const all = aHold({ scope: 'all', of: null }, 100);
    const owner = aHold({ scope: 'owner', of: 'alice' }, 200);
    const other = aHold({ scope: 'owner', of: 'bob' }, null);
    const tag = aHold({ scope: 'tag', of: 'gpu' }, null);
    assert.equal(holdOf([], TASK), null);
    assert.equal(holdOf([all, owner, other], TASK), owner);
    assert.equal(holdOf([owner, all], TASK), owner);
    assert.equal(holdOf([all, tag, owner], TASK), tag);
  });
});
