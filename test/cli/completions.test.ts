// babysit completions, in a real bash, zsh and fish: with a daemon and without one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { BABYSIT } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { onTerminal } from '../support/screens/terminal.ts';
import { submit } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const shellEnv = (home: TestHome) => ({
  ...home.env,
  BABYSIT_NODE: process.execPath,
  PATH: `${dirname(BABYSIT)}:${process.env.PATH}`,
});

function inShell(home: TestHome, shell: string, args: readonly string[]): string[] {
  const text = execFileSync(shell, args, { cwd: home.work, env: shellEnv(home), encoding: 'utf8' });
  return text.split('\n').filter((line) => line !== '');
}

/** What bash proposes for the last word. bash splits a line at `=`, `:` and `@`: here the parts are in pointed brackets. */
function inBash(home: TestHome, parts: string): string[] {
  const words = [...parts.matchAll(/<([^>]*)>/g)].map(([, word = '']) => word);
  const script = `source <(babysit completions bash)
COMP_LINE=$1 COMP_WORDS=("\${@:2}") COMP_CWORD=$(($# - 2))
_babysit
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return inShell(home, 'bash', ['--norc', '-c', script, 'bash', parts.replace(/[<>]/g, ''), ...words]);
}

/** What zsh makes of each line when tab is pressed at its end. Its widgets need a terminal. */
async function inZsh(home: TestHome, lines: readonly string[]): Promise<string[]> {
  const rc = `source <(babysit completions zsh)
lines=("\${(@f)LINES_TO_COMPLETE}")
zle-line-init() {
  BUFFER=$lines[1] CURSOR=$#lines[1]
  zle complete-word
  print -r -- "<$BUFFER>"
  shift lines
  (( $#lines )) || exit
  BUFFER= && zle accept-line
}
zle -N zle-line-init
`;
  writeFileSync(join(home.work, '.zshrc'), rc);
  const env = { ...shellEnv(home), ZDOTDIR: home.work, LINES_TO_COMPLETE: lines.join('\n') };
  const terminal = onTerminal('zsh -d -i', home.work, env);
  await terminal.done;
  return [...terminal.shown().matchAll(/<(.*)>/g)].map(([, line = '']) => line);
}

/** What fish proposes for each line, without the help. */
function inFish(home: TestHome, lines: readonly string[]): string[] {
  const script = 'babysit completions fish | source; for line in $argv; complete -C $line; end';
  return inShell(home, 'fish', ['--no-config', '-c', script, ...lines]).map((line) =>
    line.replace(/\t.*/, ''),
  );
}

const has = (program: string) =>
  (process.env.PATH ?? '').split(':').some((dir) => existsSync(join(dir, program)));
const NO_SHELLS = has('zsh') && has('fish') ? false : 'needs zsh and fish';

describe('completions', () => {
  it('complete commands, flags, values, names and settings in bash', async (t) => {
    const home = testHome(t);
    assert.deepEqual(inBash(home, '<babysit> <pau>'), ['pause']);
    assert.deepEqual(inBash(home, '<babysit> <pause> <>'), []);
    assert.ok(!existsSync(join(home.dir, 'daemon.lock')), 'a completion has started a daemon');

    await submit(home, 'train', 'sleep 600', '--tag=ml', '--owner=Ada L');
    await submit(home, 'web:1@x', 'sleep 600', "--tag=it's", '--owner=anna');
    // A daemon that answers after the deadline of a completion counts as none: the shell proposes nothing.
    for (const [parts, proposed] of [
      ['<babysit> <pause> <tr>', 'train'],
      ['<babysit> <pause> <web><:>', '1@x'],
      ['<babysit> <pause> <web><:><1><@>', '@x'],
      ['<babysit> <pause> <web><:><1><@><x> <>', 'train'],
      ['<babysit> <list> <--status><=><ru>', 'running'],
      ['<babysit> <list> <--tag><=><m>', 'ml'],
      ['<babysit> <list> <--owner><=><Ada\\ >', 'Ada\\ L'],
      ['<babysit> <list> <--owner> <"A>', 'Ada L'],
      ['<babysit> <list> <--tag> <i>', "it\\'s"],
      ['<babysit> <config> <set> <watchdog.dry_run> <>', 'false true'],
    ] as const)
      await waitUntil(() => inBash(home, parts).join(' ') === proposed, {
        what: `${parts} to be completed with ${proposed}`,
      });
  });

  it('complete the same in zsh and fish, also names that need quotes', { skip: NO_SHELLS }, async (t) => {
    const home = testHome(t);
    await submit(home, 'web:1@x', 'sleep 600', "--tag=it's", '--owner=Ada L');
    writeFileSync(join(home.work, 'web-file'), '');
    const lines = ['babysit pau', 'babysit pause we', 'babysit list --owner=A', 'babysit list --tag i'];
    const whole = [
      'babysit pause ',
      'babysit pause web:1@x ',
      'babysit list --owner=Ada\\ L ',
      "babysit list --tag it\\'s ",
    ];
    await waitUntil(async () => (await inZsh(home, lines)).join() === whole.join(), {
      what: 'zsh to complete',
    });
    const words = ['pause', 'web:1@x', '--owner=Ada L', "it's"];
    await waitUntil(() => inFish(home, lines).join() === words.join(), { what: 'fish to complete' });
    assert.deepEqual(inFish(home, ['babysit run ./we']), ['./web-file']);
  });
});
