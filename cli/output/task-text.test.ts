// One task, laid out for people.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { busyScene } from '../../test/support/busy-scene.ts';
import { inForceText, taskText } from './task-text.ts';

const { running, pending, ended } = busyScene(Date.now());

describe('a task on a terminal', () => {
  for (const task of [...running, ...pending, ...ended])
    it(`has no JSON and no time of another zone: ${task.name}`, () => {
      const text = taskText(task, true, false);
      assert.doesNotMatch(text, /[{}"]|\[\]|\dZ\b/);
      // Each field once.
      const keys = text.split('\n').flatMap((line) => /^\S+/.exec(line) ?? []);
      assert.deepEqual(keys, [...new Set(keys)]);
    });

  it('says after a change what is in force', () => {
    const [task] = running;
    assert.ok(task !== undefined);
    assert.equal(
      inForceText(task),
      'time 25m (killed at 50m), memory 8G (cap 24G), cpu 4.0 cores (cap 12.0), silence 5m, nice 10, priority 0',
    );
  });
});
