// MAKEFLAGS with a job server, and make under it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { jobserverLines, withJobserver } from './jobserver.ts';

describe('MAKEFLAGS', () => {
  const TABLE: [makeflags: string, expected: string][] = [
    ['', ' -j4 --jobserver-auth=A'],
    ['k', 'k -j4 --jobserver-auth=A'],
    ['ks -j8 --jobserver-auth=3,4', 'ks -j4 --jobserver-auth=A'],
    [' -j --jobserver-fds=3,4 --no-print-directory', ' --no-print-directory -j4 --jobserver-auth=A'],
    ['k -- CC=gcc X=-j1', 'k -j4 --jobserver-auth=A -- CC=gcc X=-j1'],
  ];
  for (const [makeflags, expected] of TABLE)
    it(`of "${makeflags}" names the job server`, () =>
      assert.equal(withJobserver(makeflags, 4, 'A'), expected));
});

it('gives make as many jobs as there are, and the tokens come back', (t) => {
  const dir = join(tempDir(t), '1');
  mkdirSync(dir);
  const recipe = `@echo + >>log; sleep 0.1; echo - >>log`;
  writeFileSync(join(dir, 'Makefile'), `all: a b c d e\na b c d e:\n\t${recipe}\n`);
  const { create, announce } = jobserverLines(dir, 2);
  const script = [
    `fail() { echo "$1"; exit 1; }; tools=$PATH; cd '${dir}'`,
    ...create,
    ...announce,
    'make -s 2>&1',
    'IFS= read -rn 1 -t 5 token <&19 && printf "%s|" "$token"; cat log',
  ].join('\n');
  const [token, log = ''] = execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('|');
  assert.equal(token, '+');
  let running = 0;
  const most = Math.max(
    ...log
      .trim()
      .split('\n')
      .map((line) => (running += line === '+' ? 1 : -1)),
  );
  assert.deepEqual([most, running], [2, 0]);
});
