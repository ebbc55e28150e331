// Runs command lines with an emulated babysit and with recorders instead of all other programs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filledLines } from '../../src/text/split.ts';
import { LONG } from '../support/budget.ts';

const EMULATOR = join(import.meta.dirname, 'emulator.sh');

export interface Run {
  readonly lines: string[];
  /** Each call of babysit, with tabs between its words. */
  readonly calls: readonly string[];
  readonly code: number | null;
}

/** Runs each text in a subshell of one bash, with a directory of its own for /tmp, HOME and the current directory. */
export function runAll(dir: string, texts: readonly string[], state: (i: number) => string): Run[] {
  const own = (i: number) => join(dir, String(i));
  const calls = texts.map((text, i) => {
    mkdirSync(join(own(i), 'tmp'), { recursive: true });
    writeFileSync(`${own(i)}.sh`, `${text.replaceAll(OF_TMP, `${own(i)}/tmp`)}\n`);
    writeFileSync(`${own(i)}.rec`, '');
    return `RECORD=${own(i)}.rec STATE=${state(i)} HOME=${own(i)}; (trap '((++steps < 400)) || exit 99' DEBUG; cd ${own(i)}; eval "$(<${own(i)}.sh)") </dev/null >/dev/null 2>&1; echo "exit $?" >>${own(i)}.rec`;
  });
  const script = join(dir, 'all.sh');
  writeFileSync(script, `. ${EMULATOR}\nTASK=build\n${calls.join('\n')}\n`);
  const { signal, stderr } = spawnSync('bash', [script], {
    timeout: LONG.deadlineMs,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  assert.equal(signal, null, `no end: ${stderr}`);
  return texts.map((_, i) => {
    const linesOf = (file: string) =>
      existsSync(file)
        ? filledLines(
            readFileSync(file, 'utf8')
              .replaceAll(`${own(i)}/tmp`, '/tmp')
              .replaceAll(own(i), '~'),
          )
        : [];
    const lines = linesOf(`${own(i)}.rec`);
    const end = lines.findIndex((line) => line.startsWith('exit '));
    return {
      calls: linesOf(`${own(i)}.rec.calls`),
      code: Number(lines[end]?.slice(5)),
      lines: lines.filter((_line, at) => at !== end),
    };
  });
}

const OF_TMP = /(?<![\w.~-])\/tmp(?![\w.-])/g;
