import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Wake, wakeText } from './wake-text.ts';

const TASK = { id: '01A', name: 'build' };
const ROWS: readonly (readonly [Wake, string])[] = [
  [
    { event: 'ended', status: 'completed', exit_code: 0, reason: 'exit' },
    'ended as completed: exit code 0\nNext: babysit log 01A',
  ],
  [
    { event: 'ended', status: 'killed', signal: 'SIGKILL', kill_reason: 'elapsed_exceeded' },
    'ended as killed: SIGKILL, elapsed_exceeded\nNext: babysit log 01A',
  ],
  [
    { event: 'ended', status: 'failed', exit_code: null, reason: 'dependency_failed' },
    'ended as failed: dependency_failed\nNext: babysit log 01A',
  ],
  [
    { event: 'runaway_risk', dim: 'mem', kill_in_s: 29.6, hint: 'Raise it.', suggested_command: 'babysit x' },
    'has runaway_risk (mem), will be killed in 30 s. Raise it.\nNext: babysit x',
  ],
  [
    { event: 'stall_risk', kill_in_s: 60 },
    'has stall_risk, will be killed in 60 s\nNext: babysit status 01A',
  ],
];

describe('the text that wakes an agent', () => {
  for (const [wake, text] of ROWS)
    it(text.split('\n')[0] ?? '', () =>
      assert.equal(wakeText({ ...TASK, ...wake }), `babysit: task build (01A) ${text}`),
    );
});
