// daemon-start and daemon-restart --memory_reserve.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jsonLine } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';

async function limitBytes(home: TestHome): Promise<number> {
  return Number(jsonLine((await home.run(['status'])).stdout).mem_limit_bytes);
}

async function totalBytes(home: TestHome): Promise<number> {
  const { host } = jsonLine((await home.run(['status', '--full'])).stdout);
  return (host as { mem_total_bytes: number }).mem_total_bytes;
}

describe('--memory_reserve', () => {
  it('holds for the daemon that it starts: not for a running one, which it reports, and not for the next one', async (t) => {
    const home = testHome(t);
    const total = await totalBytes(home);
    const usual = await limitBytes(home);
    const small = Math.floor(usual / 2);
    const restart = await home.run(['daemon-restart', `--memory-reserve=${total - small}`]);
    assert.equal(restart.code, 0, restart.stderr);
    assert.equal(await limitBytes(home), small);

    await home.run(['daemon-stop']);
    assert.equal((await home.run(['daemon-start', `--memory_reserve=${total - small + 1024}`])).code, 0);
    assert.equal(await limitBytes(home), small - 1024);
    const same = jsonLine(
      (await home.run(['daemon-start', `--memory_reserve=${total - small + 1024}`])).stdout,
    );
    assert.equal(same.started, false);
    const { code, stdout, stderr } = await home.run(['daemon-start', '--memory_reserve=2G']);
    const { message, hint } = jsonLine(stderr);
    assert.deepEqual([code, stdout], [64, '']);
    assert.match(
      String(message),
      /cannot apply --memory_reserve: the daemon already runs without this memory reserve/,
    );
    assert.match(String(hint), /daemon-stop && babysit daemon-start --memory_reserve=2G/);
    await home.run(['daemon-restart']);
    assert.equal(await limitBytes(home), usual);
  });

  it('must be a size', async (t) => {
    const home = testHome(t);
    for (const verb of ['daemon-start', 'daemon-restart'])
      for (const size of ['0', '-1G', 'half', '']) {
        const { code, stderr } = await home.run([verb, `--memory_reserve=${size}`]);
        assert.equal(code, 64, stderr);
        assert.match(String(jsonLine(stderr).message), /^--memory_reserve: .*Examples: 512M, 4G/);
      }
    assert.equal((await home.run(['ping'])).code, 69);
  });

  it('refuses a reserve that leaves nothing for tasks', async (t) => {
    const home = testHome(t);
    const { code, stderr } = await home.run(['daemon-start', '--memory_reserve=900T']);
    assert.equal(code, 64);
    assert.match(
      String(jsonLine(stderr).message),
      /^--memory_reserve: 900T leaves no memory for tasks: this host has/,
    );
  });
});
