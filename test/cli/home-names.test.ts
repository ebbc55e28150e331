// The state directory under several names, and one that is a file.
import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

it('every name of a state directory reaches its daemon, which a restart under another name keeps', async (t) => {
  const home = testHome(t);
  symlinkSync(home.dir, join(home.work, 'link'));
  const names = [`${home.dir}/`, `${home.work}/absent/../../s`, join(home.work, 'link')];
  const pids = await Promise.all(
    names.map(
      async (name) =>
        jsonLine((await home.run(['daemon-start'], { env: { BABYSIT_HOME: name } })).stdout).pid,
    ),
  );
  assert.equal(new Set(pids).size, 1);
  await home.run(['run', '--name=long', '--command=sleep 600']);
  await home.run(['daemon-restart'], { env: { BABYSIT_HOME: join(home.work, 'link') } });
  const status = jsonLine((await home.run(['status', 'long'])).stdout);
  assert.equal(status.status, 'running', JSON.stringify(status));
});

it('a state directory that is a file is refused with the reason', async (t) => {
  const home = testHome(t);
  const file = join(home.work, 'file');
  writeFileSync(file, '');
  for (const args of [['list'], ['daemon-start']]) {
    const { code, stderr } = await home.run(args, { env: { BABYSIT_HOME: file } });
    assert.equal(code, 69, stderr);
    assert.match(
      String(jsonLine(stderr).message),
      /cannot use the state directory .*file: it is not a directory/,
    );
  }
});
