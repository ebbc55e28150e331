// The state directory under several names, and one that is a file.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { BABYSIT, jsonLine } from '../support/cli.ts';
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

it('a HOME that is not absolute is refused by its name, and nothing is made in it', async (t) => {
  const home = testHome(t);
  const { code, stderr } = await home.run(['list'], { env: { BABYSIT_HOME: '', HOME: 'rel' } });
  assert.equal(code, 64);
  assert.match(String(jsonLine(stderr).message), /HOME is "rel", which is not an absolute path/);
  assert.deepEqual(readdirSync(home.work), []);
});

it('a full disk behind standard error loses no result, and one behind standard output is reported', async (t) => {
  const home = testHome(t);
  const shell = (line: string) =>
    spawnSync('bash', ['-c', line, BABYSIT], {
      env: { ...home.env, BABYSIT_NODE: process.execPath },
      cwd: home.work,
      encoding: 'utf8',
    });
  const small = '--estimated_time=10m --estimated_mem_bytes=16M --estimated_cpu_cores=0.05';
  const run = shell(`"$0" run --name=a --wait ${small} 'exit 3' 2>/dev/full`);
  assert.deepEqual([run.status, jsonLine(run.stdout).exit_code], [1, 3]);
  const list = shell('"$0" list >/dev/full');
  assert.deepEqual([list.status, jsonLine(list.stderr).error], [1, 'output_failed']);
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
