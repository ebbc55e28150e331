// The scopes of a hold that the page offers: each that fits a task on it, once.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { scopesOf } from './hold-scopes.ts';

it('offers all, and each project, owner, tag and batch once', () =>
  assert.deepEqual(
    scopesOf([
      { project: '/p', owner: 'ci', tags: ['ml', 'nightly'], batch: null },
      { project: '/p', owner: null, tags: ['ml'], batch: 'batch-1' },
    ]),
    [
      { target: '{"all":true}', text: 'all' },
      { target: '{"project":"/p"}', text: 'of project /p' },
      { target: '{"owner":"ci"}', text: 'of owner ci' },
      { target: '{"tag":"batch-1"}', text: 'of tag batch-1' },
      { target: '{"tag":"ml"}', text: 'of tag ml' },
      { target: '{"tag":"nightly"}', text: 'of tag nightly' },
    ],
  ));
