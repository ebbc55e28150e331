// Looks of one session at a running task: the third is answered, unless an event or a wait came before it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AROUND } from '../../test/hooks/surroundings.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import type { AllTasks } from '../known-tasks.ts';
import { noteLook } from './memory.ts';
import { findRepeated } from './repeated.ts';

it('answers the third look without an event', (t) => {
  const tasks = AROUND.tasks as AllTasks;
  const dir = tempDir(t);
  const look = (command: string, known: AllTasks = tasks) =>
    findRepeated(command, known, (key, state) => noteLook(dir, key, state, 1000))?.command;
  const status = 'babysit status build | jq .status';
  const answer = 'babysit wait build; babysit status build | jq .status';
  assert.deepEqual(
    [look(status), look('cd x && babysit log build -n 5'), look(status)],
    [undefined, undefined, answer],
  );
  // A wait has returned at an event; a pending task and another one are no looks at this one.
  const others = [
    'babysit wait build --until=risk',
    status,
    status,
    'babysit status e2e train',
    'babysit list',
  ];
  assert.deepEqual(
    others.map((command) => look(command)),
    others.map(() => undefined),
  );
  assert.equal(look('babysit status build train'), 'babysit wait build train');
  const held = tasks.all.map((task) => ({ ...task, held_at: '2026-11-29T10:00:00Z' }));
  assert.equal(look(status, { ...tasks, all: held }), undefined);
});
