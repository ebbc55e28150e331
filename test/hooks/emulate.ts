// Runs command lines with an emulated babysit and with recorders instead of all other programs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filledLines } from '../../src/text/split.ts';
import { DEADLINE_MS } from '../support/budget.ts';

const EMULATOR = join(import.meta.dirname, 'emulator.sh');

export interface Run {
  readonly lines: string[];
  /** Each call of babysit, with tabs between its words. */
  readonly calls: readonly string[];
  readonly code: number | null;
}

/** Runs each text in a subshell of one bash. */
export function runAll(dir: string, texts: readonly string[], state: (i: number) => string): Run[] {
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
    const called = join(dir, `${i}.rec.calls`);
    const calls = existsSync(called) ? filledLines(readFileSync(called, 'utf8')) : [];
    return { calls, code: Number(lines[end]?.slice(5)), lines: lines.filter((_line, at) => at !== end) };
  });
}
