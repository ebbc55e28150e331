// When a command restarts the daemon for its limits.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ceilingsOf, isWider } from './wider-limits.ts';

const NONE = { noNewPrivs: false, noHugePages: false };
const hard = (cpu: string, nofile: string, restrictions = NONE) =>
  ceilingsOf({ cpu: ['1', cpu], nofile: ['1', nofile] }, restrictions);

it('only limits that are wider in one and narrower in none restart the daemon', () => {
  const daemon = hard('5', '1024');
  assert.equal(isWider(daemon, daemon), false);
  assert.equal(isWider(hard('unlimited', '1024'), daemon), true);
  assert.equal(isWider(hard('6', '4096'), daemon), true);
  assert.equal(isWider(hard('unlimited', '512'), daemon), false);
  assert.equal(isWider(hard('4', '512'), daemon), false);
  assert.equal(isWider(hard('unlimited', '1024'), new Map()), false);
  assert.equal(isWider(new Map(), daemon), false);
  const restricted = hard('5', '1024', { ...NONE, noNewPrivs: true });
  assert.equal(isWider(daemon, restricted), true);
  assert.equal(isWider(restricted, daemon), false);
  assert.equal(isWider(hard('unlimited', '1024', { ...NONE, noHugePages: true }), daemon), false);
});
