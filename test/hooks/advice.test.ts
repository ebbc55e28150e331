// Each piece of advice, executed with an emulated babysit and recorders: it ends, names only known tasks, and runs each
// other command as often as the original.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { namesIn } from '../../hooks/shell/words.ts';
import { filledLines } from '../../src/text/split.ts';
import { tempDir } from '../support/temp-dir.ts';
import { BLOCKED, type Case } from './cases.ts';

const EMULATOR = join(import.meta.dirname, 'emulator.sh');
const STATES = ['completed', 'failed', 'running', 'pending', 'paused'] as const;
const DEADLINE_MS = 120_000;

/** The original may never end. */
const hasLoop = ({ command }: Case) =>
  /\b(?:while|until|for|watch|yes|coproc|tail -[nF\d +]*[fF]|look|infinity)\b|fork|function/.test(command);
/** Its advice waits inside the code of a task, or takes the runner from a program, or queues instead of a second try. */
const isOther = ({ command, advice = '' }: Case) =>
  /--command=.*sleep|-- bash -c|which|command -v|daemon|--help/.test(command) || advice.includes('--queue');

interface Run {
  readonly lines: string[];
  readonly code: number | null;
}

/** Runs each text in a subshell of one bash. */
function runAll(dir: string, texts: readonly string[], state: (i: number) => string): Run[] {
  texts.forEach((text, i) => {
    writeFileSync(join(dir, `${i}.sh`), `${text}\n`);
    writeFileSync(join(dir, `${i}.rec`), '');
  });
  const calls = texts.map(
    (_, i) =>
      `RECORD=${dir}/${i}.rec STATE=${state(i)}; (trap '((++steps < 400)) || exit 99' DEBUG; cd ${dir}; eval "$(<${dir}/${i}.sh)") </dev/null >/dev/null 2>&1; echo "exit $?" >>${dir}/${i}.rec`,
  );
  const script = join(dir, 'all.sh');
  writeFileSync(script, `. ${EMULATOR}\nTASK=build\n${calls.join('\n')}\n`);
  const { signal, stderr } = spawnSync('bash', [script], {
    timeout: DEADLINE_MS,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  assert.equal(signal, null, `no end: ${stderr}`);
  return texts.map((_, i) => {
    const lines = filledLines(readFileSync(join(dir, `${i}.rec`), 'utf8'));
    const end = lines.findIndex((line) => line.startsWith('exit '));
    return { code: Number(lines[end]?.slice(5)), lines: lines.filter((_line, at) => at !== end) };
  });
}

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
