// The life of a dashboard: one for each state directory, private files, an end without pages, and no listener after it.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findHome } from '../../src/config/home.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { serveDashboard } from './serve.ts';

const LONG_MS = 60_000;

interface Found {
  readonly url: string;
  readonly pid: number;
}

function start(dir: string, idleMs: number, signal: AbortSignal) {
  const ready = Promise.withResolvers<Found>();
  const ended = serveDashboard({
    home: findHome({ BABYSIT_HOME: dir }),
    assetsDir: join(dir, 'web'),
    version: '1',
    mayAct: true,
    caller: 'ada (dashboard)',
    idleMs,
    signal,
    onReady: ready.resolve,
  });
  return { ready: ready.promise, ended };
}

function homeOf(t: TestContext): string {
  const dir = tempDir(t);
  mkdirSync(join(dir, 'web'));
  for (const name of ['index.html', 'page.js', 'page.css', 'icon.svg'])
    writeFileSync(join(dir, 'web', name), '');
  return dir;
}

function isRefused(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, () => resolve(false)).on('error', () => resolve(true));
  });
}

test('a second dashboard shows the first one, and Ctrl-C ends it', async (t) => {
  const dir = homeOf(t);
  const stop = new AbortController();
  const first = start(dir, LONG_MS, stop.signal);
  const { url } = await first.ready;
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/);
  const files = ['dashboard.json', 'dashboard.html'].map((name) => join(dir, name));
  for (const file of files) {
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(readFileSync(file, 'utf8').includes(url));
  }
  const second = start(dir, LONG_MS, new AbortController().signal);
  assert.equal((await second.ready).url, url);
  assert.equal(await second.ended, 'elsewhere');
  stop.abort();
  assert.equal(await first.ended, 'stopped');
  assert.ok(await isRefused(url));
  assert.deepEqual(files.filter(existsSync), []);
});

test('an early Ctrl-C ends it: before it begins, and while another program on the port of the last one is silent', async (t) => {
  const dir = homeOf(t);
  assert.equal(await start(dir, 100, AbortSignal.abort()).ended, 'stopped');
  const probed = Promise.withResolvers<void>();
  const silent = createServer((socket) => socket.on('error', () => {}).once('data', () => probed.resolve()));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  writeFileSync(join(dir, 'dashboard.json'), JSON.stringify({ pid: 1, port, token: 'old' }));
  const stop = new AbortController();
  const { ended } = start(dir, 100, stop.signal);
  await probed.promise;
  stop.abort();
  assert.equal(await ended, 'stopped');
});

test('it ends when no page is open, and a request without the token does not keep it', async (t) => {
  const { ready, ended } = start(homeOf(t), 100, new AbortController().signal);
  const { url } = await ready;
  await isRefused(url);
  assert.equal(await ended, 'idle');
  assert.ok(await isRefused(url));
});

test('the file of a dashboard that was killed does not hide a new one', async (t) => {
  const dir = homeOf(t);
  writeFileSync(join(dir, 'dashboard.json'), '{"pid":1,"port":1,"token":"old"}');
  const stop = new AbortController();
  const { ready, ended } = start(dir, LONG_MS, stop.signal);
  assert.doesNotMatch((await ready).url, /old/);
  stop.abort();
  await ended;
});
