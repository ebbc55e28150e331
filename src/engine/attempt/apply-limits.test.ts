// A freezer state that could not be written at once.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import pino from 'pino';
import { anAttempt, taskIn } from '../../../test/support/build/build-task.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { groupV2 } from '../../cgroups/v2/group.ts';
import { LimitApplier } from './apply-limits.ts';
import type { LiveAttempt } from './live-attempt.ts';

it('thaws a task at the next sample when its freezer could not be opened at the resume', (t) => {
  const path = tempDir(t);
  const file = join(path, 'cgroup.freeze');
  const live = { group: groupV2({ driver: 'v2', path }), meanCpuCores: 0 } as LiveAttempt;
  const limits = new LimitApplier(pino({ level: 'silent' }));
  const attempt = anAttempt();
  const running = taskIn({ status: 'running', attempt });
  writeFileSync(file, '0');
  limits.apply(running, live);
  limits.apply(taskIn({ status: 'paused', attempt, pausedAt: 1 }), live);
  assert.equal(readFileSync(file, 'utf8'), '1');
  rmSync(file);
  mkdirSync(file);
  limits.apply(running, live);
  rmdirSync(file);
  writeFileSync(file, '1');
  limits.apply(running, live);
  assert.equal(readFileSync(file, 'utf8'), '0');
});
