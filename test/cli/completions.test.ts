// babysit completions, in a real bash: with a daemon and without one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { BABYSIT } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { submit } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What bash proposes for the last word. bash splits a line at `=`. */
function inBash(home: TestHome, words: readonly string[]): string[] {
  const script = `source <(babysit completions bash)
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_babysit
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = {
    ...home.env,
    BABYSIT_NODE: process.execPath,
    PATH: `${dirname(BABYSIT)}:${process.env.PATH}`,
  };
  const text = execFileSync('bash', ['--norc', '-c', script, 'bash', 'babysit', ...words], {
    cwd: home.work,
    env,
    encoding: 'utf8',
  });
  return text.split('\n').filter((line) => line !== '');
}

describe('completions', () => {
  it('complete commands, flags, values, names and settings in bash', async (t) => {
    const home = testHome(t);
    assert.deepEqual(inBash(home, ['pau']), ['pause']);
    assert.deepEqual(inBash(home, ['pause', '']), []);
    assert.ok(!existsSync(join(home.dir, 'daemon.lock')), 'a completion has started a daemon');

    await submit(home, 'train', 'sleep 600', '--tag=ml', '--owner=anna');
    // A daemon that answers after the deadline of a completion counts as none: the shell proposes nothing.
    for (const [words, proposed] of [
      [['pause', 'tr'], 'train'],
      [['list', '--status', '=', 'ru'], 'running'],
      [['list', '--tag', '='], 'ml'],
      [['list', '--owner', ''], 'anna'],
      [['config', 'set', 'watchdog.dry_run', ''], 'false true'],
    ] as const)
      await waitUntil(() => inBash(home, words).join(' ') === proposed, {
        what: `babysit ${words.join(' ')} to be completed with ${proposed}`,
      });
  });
});
