// No name and no output of a task controls a terminal, in any command.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { shellQuote } from '../../src/text/shell.ts';
import { SMALL } from '../support/budget.ts';
import { BABYSIT } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';

/** Title, clear screen, colour by ESC and by C1, clipboard, reversed text, bell, carriage return, delete. */
const EVIL = 'a\x1b]0;title\x07b\x1b[2Jc\x1b[31md\x9b31me\x1b]52;c;Zm9v\x1b\\f\u202eg\x07h\ri\x7fj';
/** The shell line that prints it. */
const PRINT_EVIL = `printf 'a\\033]0;title\\007b\\033[2Jc\\302\\23331md\\033]52;c;Zm9v\\033\\\\\\\\e\\342\\200\\256f\\007g\\rh\\177i\\n'`;
/** Colors that babysit itself puts around a word. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for control characters
const OWN_COLORS = /\x1b\[\d*(;\d+)*m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for control characters
const OBEYED = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

/** The output of a command whose stdout and stderr are a terminal. */
async function onTerminal(home: TestHome, args: readonly string[]): Promise<string> {
  const line = [BABYSIT, ...args].map(shellQuote).join(' ');
  const env = { ...home.env, BABYSIT_NODE: process.execPath, TERM: 'xterm-256color', COLUMNS: '200' };
  const child = spawn('script', ['-qec', `cd ${home.work} && ${line}`, '/dev/null'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text(child.stdout);
}

describe('on a terminal', () => {
  it('no control sequence of a task reaches the terminal', async (t) => {
    const home = testHome(t);
    const cwd = join(home.work, EVIL.replaceAll('/', ''));
    mkdirSync(cwd);
    const owned = [
      ...SMALL,
      `--tag=${EVIL}`,
      `--owner=${EVIL}`,
      `--context=${JSON.stringify({ note: EVIL })}`,
    ];
    const submit = (name: string, ...rest: string[]) =>
      home.run(['run', `--name=${name}`, ...owned, '--wait', ...rest]);
    await submit('printer', `--cwd=${cwd}`, `--command=${PRINT_EVIL}; exit 3 # ${EVIL}`);
    await submit('absent', '--', `/nowhere/${EVIL}`);
    await home.run([
      'run',
      '--name=live',
      ...owned,
      `--cwd=${cwd}`,
      `--command=${PRINT_EVIL}; sleep 600 # ${EVIL}`,
    ]);
    await home.run(['run', '--name=waiting', ...owned, '--after=live', `--command=true # ${EVIL}`]);
    rmSync(cwd, { recursive: true });

    const looks: string[][] = [
      ['status'],
      ...['printer', 'absent', 'live', 'waiting'].flatMap((name) => [
        ['status', name],
        ['status', name, '--full'],
        ['status', name, '--json', '--full'],
      ]),
      ['list', '--all_projects', '--all'],
      ['list', '--all_projects', '--all', '--full'],
      ['list', '--all_projects', '--all', '--full', '--format=table'],
      ['list', '--all_projects', '--all', '--full', '--format=csv'],
      ['list', '--all_projects', '--all', '--full', '--json'],
      ['wait', 'printer'],
      ['wait', 'absent'],
      ['wait', 'absent', '--json', '--full'],
      ['log', 'printer'],
      ['log', 'printer', '--full'],
      ['log', 'printer', '--grep', 'a'],
      ['log', 'printer', '--follow'],
      ['log', 'printer', '--json'],
      ['run', ...SMALL, `--cwd=${cwd}`, 'true'],
      ['run', ...SMALL, `--name=${EVIL}`, 'true'],
      ['run', `--estimated_time=${EVIL}`, 'true'],
      ['run', `--${EVIL}`, 'true'],
      [EVIL],
      ['status', EVIL],
      ['kill', EVIL],
      ['log', EVIL],
      ['adjust', 'live', `--priority=${EVIL}`],
      ['pause', 'live'],
      ['kill', 'live', 'waiting'],
      ['wait', 'live', 'waiting'],
      ['config'],
      ['clean', '--all', '--dry_run'],
    ];
    const obeyed: string[] = [];
    for (const args of looks) {
      const shown = await onTerminal(home, args);
      assert.notEqual(shown, '', args.join(' '));
      const found = OBEYED.exec(shown.replace(OWN_COLORS, ''));
      // The terminal itself writes a carriage return, but only before a newline.
      const isReturned = /\r(?!\n)/.test(shown.replaceAll('\r\r\n', '\r\n'));
      if (found !== null || isReturned)
        obeyed.push(`${args.join(' ')}: ${JSON.stringify(shown.slice(0, 400))}`);
    }
    assert.deepEqual(obeyed, []);
    assert.doesNotMatch(readFileSync(join(home.dir, 'daemon.log'), 'utf8').replaceAll('\n', ''), OBEYED);
  });
});
