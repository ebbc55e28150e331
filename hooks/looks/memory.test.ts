// The third look within three minutes at a task without an event is one too many.
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { noteLook } from './memory.ts';

it('counts looks by session and task, forgets old ones, and starts again after an event', (t) => {
  const dir = tempDir(t);
  const look = (key: string, state: string, seconds: number) => noteLook(dir, key, state, seconds * 1000);
  assert.deepEqual(
    [0, 10, 20, 30].map((at) => look('a|1', 's', at)),
    [false, false, true, true],
  );
  assert.deepEqual([look('b|1', 's', 20), look('a|2', 's', 20)], [false, false]);
  assert.deepEqual([look('a|1', 'after an event', 40), look('a|1', 'after an event', 50)], [false, false]);
  assert.equal(look('a|1', 'after an event', 300), false);
});

it('is bounded, and a damaged file counts as none', (t) => {
  const dir = tempDir(t);
  const file = join(dir, 'looks.json');
  for (const text of ['{', '[]', '{"a|1":5}', '{"a|1":{"state":1}}']) {
    writeFileSync(file, text);
    assert.equal(noteLook(dir, 'a|1', 's', 1000), false);
  }
  for (let i = 0; i < 300; i++) noteLook(dir, `session|${i}`, 's', 1000 + i);
  assert.ok(statSync(file).size < 20_000);
  assert.equal(noteLook(join(dir, 'absent'), 'a|1', 's', 0), false);
});
