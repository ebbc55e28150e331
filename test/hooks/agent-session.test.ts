// A scripted agent runs the workflow of the skill against a real daemon, without polling.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { decide } from '../../hooks/decide.ts';
import { LONG } from '../support/budget.ts';
import { BABYSIT } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

const SCRIPT = join(import.meta.dirname, 'agent-session.sh');

it('soft-deny, wait_for_capacity, run, wait, runaway_risk, adjust, kill, retry', async (t) => {
  const { env, work } = testHome(t);
  const { stdout } = await promisify(execFile)('bash', [SCRIPT], {
    cwd: work,
    env: {
      ...env,
      PATH: `${dirname(BABYSIT)}:${process.env.PATH}`,
      BABYSIT_NODE: process.execPath,
      CLAUDE_CODE_SESSION_ID: 'agent',
    },
    timeout: LONG.deadlineMs,
  });
  assert.deepEqual(stdout.trim().split('\n'), [
    'smoke completed',
    'denied by other',
    'waiting for mem',
    'leased',
    'risk elapsed',
    'adjusted',
    'killed manual',
    'completed after 2 attempts',
    'fast',
  ]);
});

it('the hook blocks no command of the script', () => {
  assert.equal(decide(readFileSync(SCRIPT, 'utf8')), null);
});
