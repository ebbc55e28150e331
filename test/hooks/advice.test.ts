// Each piece of advice, executed with an emulated babysit and recorders: it ends, names only known tasks, and runs each
// other command as often as the original.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { namesIn } from '../../hooks/shell/words.ts';
import { tempDir } from '../support/temp-dir.ts';
import { BLOCKED, type Case } from './cases.ts';
import { runAll } from './emulate.ts';

const STATES = ['completed', 'failed', 'running', 'pending', 'paused'] as const;

/** The original may never end. */
const hasLoop = ({ command }: Case) =>
  /\b(?:while|until|for|watch|yes|coproc|tail -[nF\d +]*[fF]|look|infinity)\b|fork|function/.test(command);
/** Its advice waits inside the code of a task, or takes the runner from a program, or queues instead of a second try. */
const isOther = ({ command, advice = '' }: Case) =>
  /--command=.*sleep|-- bash -c|which|command -v|daemon|--help/.test(command) || advice.includes('--queue');

it('advice ends, and waits only for tasks that the command names', (t) => {
  const runs = runAll(
    tempDir(t),
    BLOCKED.map(({ advice }) => advice),
    (i) => STATES[i % STATES.length] ?? '',
  );
  for (const [i, { code, lines }] of runs.entries()) {
    const { command, advice } = BLOCKED[i] as Case & { advice: string };
    assert.notEqual(code, 99, advice);
    for (const line of lines.filter((each) => each.startsWith('wait ')))
      for (const name of line.split(' ').slice(1)) {
        const isNamed = command.includes(name.replace(/-?\d+$/, '')) || namesIn(command).length > 0;
        assert.ok(isNamed, `${advice} waits for ${name}`);
      }
  }
});

it('advice runs each other command as often as the original', (t) => {
  const cases = BLOCKED.filter((each) => !hasLoop(each) && !isOther(each));
  assert.ok(cases.length > 150, String(cases.length));
  const isWork = (line: string) => !line.startsWith('wait ');
  for (const state of ['completed', 'failed']) {
    const before = runAll(
      tempDir(t),
      cases.map(({ command }) => command),
      () => state,
    );
    const after = runAll(
      tempDir(t),
      cases.map(({ advice }) => advice),
      () => state,
    );
    for (const [i, { command, advice }] of cases.entries())
      assert.deepEqual(
        after[i]?.lines.filter(isWork).sort(),
        before[i]?.lines.filter(isWork).sort(),
        `${state}: ${command}\n=> ${advice}`,
      );
  }
});
