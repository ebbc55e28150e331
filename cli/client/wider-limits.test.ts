// When a command restarts the daemon for its limits.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Rlimits } from '../../src/core/inherited.ts';
import { isWider } from './wider-limits.ts';

const hard = (cpu: string, nofile: string): Rlimits => ({ cpu: ['1', cpu], nofile: ['1', nofile] });

it('only limits that are wider in one and narrower in none restart the daemon', () => {
  const daemon = hard('5', '1024');
  assert.equal(isWider(daemon, daemon), false);
  assert.equal(isWider(hard('unlimited', '1024'), daemon), true);
  assert.equal(isWider(hard('6', '4096'), daemon), true);
  assert.equal(isWider(hard('unlimited', '512'), daemon), false);
  assert.equal(isWider(hard('4', '512'), daemon), false);
  assert.equal(isWider(hard('unlimited', '1024'), {}), false);
  assert.equal(isWider({}, daemon), false);
});
