// The messages about programs that cannot be executed.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { aLaunch, anObserver, NICE, TOOLS } from '../../test/support/build/build-launch.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { Environment } from './environment.ts';
import { readRecords } from './records.ts';
import { openSpawner, type Spawner } from './spawner.ts';
import { startAttempt } from './start.ts';

const root = tempDir({ after }, () => spawner.close());
let count = 0;
let spawner: Spawner;
before(() => {
  spawner = openSpawner(TOOLS, NICE, () => {});
});

async function runs(argv: readonly string[], env: Environment) {
  count += 1;
  const spec = aLaunch(join(root, String(count)), root, { kind: 'argv', argv }, { env });
  startAttempt(spawner, () => spec, anObserver(spec.dir));
  await waitUntil(() => readRecords(spec.dir).closedAt !== null, { what: 'the supervisor to end' });
  return { code: readRecords(spec.dir).exit?.code, log: readFileSync(`${spec.dir}.log`, 'utf8') };
}

describe('check_program', () => {
  const script = (name: string, text: string, mode: number) => {
    const path = join(root, name);
    before(() => writeFileSync(path, text, { mode }));
    return path;
  };
  const plain = script('plain', 'echo', 0o600);
  const lost = script('lost', '#! /none/sh -e\necho\n', 0o700);
  const windows = script('windows', '#!/bin/sh\r\necho\r\n', 0o700);
  const byDirectory = script('by-directory', '#!/bin\n', 0o700);
  const byText = script('by-text', `#!${plain}\n`, 0o700);
  for (const [program, code, message] of [
    ['no-such-program', 127, 'command not found'],
    ['a=b', 127, 'command not found'],
    ['/none/x', 127, 'No such file or directory'],
    ['/', 126, 'Is a directory'],
    [plain, 126, 'Permission denied'],
    ['plain', 126, 'Permission denied'],
    [lost, 127, '/none/sh: bad interpreter: No such file or directory'],
    [windows, 127, '/bin/sh^M: bad interpreter: No such file or directory'],
    [byDirectory, 126, '/bin: bad interpreter: Permission denied'],
    [byText, 126, `${plain}: bad interpreter: Permission denied`],
  ] as const)
    it(`says like env(1) why ${program.replace(root, '')} cannot be executed`, async () => {
      const { code: ended, log } = await runs([program], { PATH: `/usr/bin::${root}`, program: 'x' });
      assert.deepEqual([ended, log], [code, `babysit: ${program}: ${message}\n`]);
    });

  it('executes a program without a line for its interpreter, and keeps variables of any name', async () => {
    const bare = join(root, 'bare');
    writeFileSync(bare, 'echo "$program $head $place $1"', { mode: 0o700 });
    const env = { PATH: `/usr/bin:${root}`, program: 'x', head: 'y', place: 'z' };
    const { log } = await runs(['bare', 'a'], env);
    assert.equal(log, 'x y z a\n');
  });
});
