// Commands of all kinds with their verdicts, for a fixed set of live tasks: polls, waits, kills, heavy work, and others.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BLOCKED, PASSED, VERDICTS } from '../test/hooks/cases.ts';
import { AROUND, requestOf } from '../test/hooks/surroundings.ts';
import { verdictIn } from './verdict.ts';

const judge = (command: string, isBackground = false) => verdictIn(requestOf(command, isBackground), AROUND);

describe('verdicts', () => {
  for (const [kind, cases] of Map.groupBy(VERDICTS, (each) => `${each.kind}: ${each.because ?? 'passed'}`))
    it(kind, () => {
      for (const { command, background, because, advice } of cases) {
        const verdict = judge(command, background);
        assert.deepEqual([verdict?.because, verdict?.instead], [because, advice], command);
      }
    });

  it('has each command once', () => {
    const commands = [...BLOCKED, ...PASSED, ...VERDICTS].map(({ command }) => command);
    assert.equal(new Set(commands).size, commands.length);
  });

  it('advice is not refused again', () => {
    for (const { command, background, advice } of VERDICTS) {
      if (advice === undefined) continue;
      const again = judge(advice, background);
      assert.ok(again === null || again.action !== 'deny', `${command}\n=> ${advice}\n=> ${again?.instead}`);
    }
  });
});
