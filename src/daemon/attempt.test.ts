// The end of an attempt from its records, without its supervisor.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { emptyGroup } from '../../test/support/build-service.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import type { TaskId } from '../core/task.ts';
import { LiveAttempt } from './attempt.ts';
import { attemptPaths } from './paths.ts';

const ID = 't' as TaskId;
const STAT = `41 (bash) S 1 40 41 0 -1 4194560 ${'0 '.repeat(12)}987654 0 0`;

it('an exit record whose log writer left no identity counts after a while', (t) => {
  const tasksDir = tempDir(t);
  const paths = attemptPaths(tasksDir, ID, 1);
  const live = new LiveAttempt(ID, paths, emptyGroup({ driver: 'v2', name: 't-1' }), () => {});
  mkdirSync(paths.dir, { recursive: true });
  const endedAgo = (ms: number) => {
    const exit = ((Date.now() - ms) / 1000).toFixed(6);
    writeFileSync(join(paths.dir, 'claim'), `claimed 1.5\nstarted 1.5 ${STAT}\nexit ${exit} 3\n`);
    const { isOver, exit: found } = live.records();
    return [isOver, found?.code];
  };
  assert.deepEqual(endedAgo(0), [false, 3]);
  assert.deepEqual(endedAgo(60_000), [true, 3]);
});
