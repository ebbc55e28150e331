// The end of an attempt from its records, without its supervisor.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { emptyGroup } from '../../../test/support/build-service.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { TaskId } from '../../core/task.ts';
import { LiveAttempt } from './live-attempt.ts';
import { attemptPaths } from './paths.ts';

const DAY_MS = 86_400_000;
const ID = 't' as TaskId;
const STAT = `41 (bash) S 1 40 41 0 -1 4194560 ${'0 '.repeat(12)}987654 0 0`;

for (const [what, jumpMs] of [
  ['the wall clock runs on', 0],
  ['the wall clock is set a day forward', DAY_MS],
  ['the wall clock is set a day back', -DAY_MS],
] as const)
  it(`an exit record whose log writer left no identity counts after five seconds, when ${what}`, (t) => {
    const tasksDir = tempDir(t);
    const paths = attemptPaths(tasksDir, ID, 1);
    const live = new LiveAttempt(ID, paths, emptyGroup({ driver: 'v2', name: 't-1' }), () => {});
    mkdirSync(paths.dir, { recursive: true });
    t.mock.timers.enable({ apis: ['Date'], now: 2 * DAY_MS });
    const exit = (Date.now() / 1000).toFixed(6);
    writeFileSync(join(paths.dir, 'claim'), `claimed 1.5\nstarted 1.5 ${STAT}\nexit ${exit} 3\n`);
    t.mock.timers.setTime(2 * DAY_MS + jumpMs);
    const at = (monoMs: number) => {
      const { isOver, exit: found } = live.records({ wallMs: Date.now(), monoMs });
      return [isOver, found?.code];
    };
    assert.deepEqual(at(1_000_000), [false, 3]);
    assert.deepEqual(at(1_005_000), [false, 3]);
    assert.deepEqual(at(1_005_001), [true, 3]);
  });
