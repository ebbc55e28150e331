// A soft-deny fits in 400 bytes and keeps what the next step needs.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesOf, SHORT_BYTES } from './fit.ts';
import { denialView } from './short-denial.ts';

const NAMES = ['train-resnet50-lr3e-4-fold-07', 'train-resnet50-lr3e-4-fold-08', 'tests', 'lint', 'build'];

function aDenial(blockers: number, command: string, more: object = {}): Record<string, unknown> {
  return {
    error: 'capacity_exceeded',
    dim: 'mem',
    requested: 4_294_967_296,
    available: 1_234_567_890,
    limit: 17_179_869_184,
    blocked_by: NAMES.slice(0, blockers),
    owners: ['3f1c9f6e-5a0b-4d3c-9f43-0d2b6a1c7e55', '/home/someone/project'],
    expected_start: '2026-11-28T19:38:46.608Z',
    latest_start: '2026-11-28T20:38:46.608Z',
    suggested_command: command,
    hint: 'Room in 59m30s: add --queue to start then; do not poll.',
    ...more,
  };
}

const SHORT = "babysit run --queue --name=lint --command='npm run lint'";
const LONG = `babysit run --queue --cwd=${'/deep'.repeat(80)} --command=true`;

describe('the short soft-deny', () => {
  for (const [what, denial] of [
    ['one blocker and a short command', aDenial(1, SHORT)],
    ['five blockers and a short command', aDenial(5, SHORT)],
    ['no blocker and no start', aDenial(0, SHORT, { expected_start: null, latest_start: null })],
    ['a long command', aDenial(5, LONG)],
    ['a long hint', aDenial(2, LONG, { hint: 'h'.repeat(900) })],
    ['a range of starts', aDenial(1, SHORT, { expected_start_p90: '2026-11-28T19:48:46.608Z' })],
  ] as const)
    it(`with ${what} has at most ${SHORT_BYTES} bytes, and why, when and what to do`, () => {
      const view = denialView(denial) as Record<string, unknown>;
      assert.ok(bytesOf(view) <= SHORT_BYTES, `${bytesOf(view)}: ${JSON.stringify(view)}`);
      assert.deepEqual(Object.keys(view).slice(0, 3), ['error', 'dim', 'requested']);
      for (const key of ['available', 'limit', 'blocked_by', 'expected_start', 'latest_start', 'hint'])
        assert.ok(key in view, key);
    });

  it('leaves out a command that does not fit, and never cuts one', () => {
    const command = (denial: Record<string, unknown>) =>
      (denialView(denial) as { suggested_command?: string }).suggested_command;
    assert.deepEqual([command(aDenial(5, SHORT)), command(aDenial(5, LONG))], [SHORT, undefined]);
  });

  it('shortens its hint for a command that says the same', () => {
    const command = `${SHORT} --estimated_time=5m --estimated_mem_bytes=64M`;
    const { hint, suggested_command } = denialView(aDenial(1, command)) as Record<string, unknown>;
    assert.deepEqual([hint, suggested_command], ['Room in 59m30s; do not poll.', command]);
  });

  it('of an adjust has its few fields', () => {
    const denial = { error: 'capacity_exceeded', dim: 'cpu', requested: 0.3, available: 0.1, hint: 'Wait.' };
    assert.deepEqual(denialView(denial), denial);
  });
});
