// babysit log without flags stays short when lines are long.
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { jsonLine } from '../support/cli.ts';
import { sharedDaemon } from '../support/home.ts';

const projectOf = sharedDaemon({ after });

const SMALL = ['--estimated_mem_bytes=50M', '--estimated_cpu_cores=0.1'];

it('a progress bar of carriage returns is cut at the start, and in full when asked', async (t) => {
  const home = projectOf(t);
  const bar = 'awk \'BEGIN { for (i = 1; i <= 20000; i++) printf "\\r%05d of 20000", i }\'';
  await home.run(['run', ...SMALL, '--wait', '--name=bar', bar]);
  const short = await home.run(['log', 'bar']);
  assert.ok(short.stdout.length <= 32 * 1024, String(short.stdout.length));
  assert.match(short.stdout, /^\d{5} of 20000\r/);
  assert.match(short.stdout, /20000 of 20000$/);
  const all = (await home.run(['log', 'bar', '--tail'])).stdout;
  assert.equal(all.length, 20_000 * 15);
  assert.equal(jsonLine(short.stderr).left_out_bytes, all.length - 32 * 1024);
  assert.equal((await home.run(['log', 'bar', '--follow'])).stdout, short.stdout);
  const { lines } = jsonLine((await home.run(['log', 'bar', '--json'])).stdout);
  assert.equal((lines as string[]).join('\n'), short.stdout);
});

it('a cut inside a character drops its rest', async (t) => {
  const home = projectOf(t);
  await home.run([
    'run',
    ...SMALL,
    '--wait',
    '--name=wide',
    'awk \'BEGIN { for (i = 0; i < 20000; i++) printf "\u65e5" }\'',
  ]);
  const { stdout } = await home.run(['log', 'wide']);
  assert.match(stdout, /^\u65e5+$/);
  assert.equal(stdout.length, Math.floor((32 * 1024) / 3));
});
