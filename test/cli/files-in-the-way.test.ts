// Other kinds of files in the places of the daemon's own: named at a start, and never waited for.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const fifo = (path: string) => execFileSync('mkfifo', [path]);
const link = (path: string) => symlinkSync('/dev/zero', path);
const dangling = (path: string) => symlinkSync('/absent/file', path);

describe('in the place of a file of the daemon', () => {
  const home = testHome({ after });
  const TABLE: [string, (path: string) => void, RegExp][] = [
    // The rows before leave none of these files.
    ['daemon.log', fifo, /not a regular file: .*daemon\.log/],
    ['babysit.id', link, /babysit\.id: cannot be used: it is not a regular file/],
    ['babysit.db', dangling, /babysit\.db: cannot be used: it is a link that leads to no file/],
    ['config.json', fifo, /config\.json: cannot be used: it is not a regular file/],
    ['daemon.pid', fifo, /daemon\.pid: cannot be used: it is not a regular file/],
    ['daemon.sock', mkdirSync, /daemon\.sock: cannot be used: it is a directory/],
  ];
  for (const [name, put, expected] of TABLE)
    it(`${put.name} ${name} is named, and the start ends`, async () => {
      const path = join(home.dir, name);
      put(path);
      const { code, stderr } = await home.run(['daemon-start']);
      rmSync(path, { recursive: true });
      assert.equal(code, 69, stderr);
      assert.match(String(jsonLine(stderr).message), expected);
    });

  it('garbage that holds nothing, and the reserve of the database, are made anew', async () => {
    assert.equal((await home.run(['run', ...SMALL, '--wait', 'echo'])).code, 0);
    await home.run(['daemon-stop']);
    for (const name of ['daemon.lock', 'daemon.lock-journal', 'babysit.id', 'daemon.pid'])
      writeFileSync(join(home.dir, name), Buffer.alloc(5000, 'garbage'));
    const reserve = join(home.dir, 'babysit.db-reserve');
    rmSync(reserve, { force: true });
    fifo(reserve);
    const { code, stderr } = await home.run(['daemon-start']);
    assert.equal(code, 0, stderr);
  });
});

it('a running daemon waits for no secret that is a FIFO, and for no file that a process has replaced', async (t) => {
  const base = tempDir(t);
  const secret = join(base, 'secret');
  fifo(secret);
  const home = testHome(t, {
    notify: { targets: [{ webhook: 'http://127.0.0.1:9/', secret_file: secret }] },
  });
  await home.run(['run', '--wait', ...SMALL, 'true']);
  await waitUntil(() => /not delivered/.test(readFileSync(join(home.dir, 'daemon.log'), 'utf8')), {
    what: 'the delivery to fail',
  });
  assert.match(readFileSync(join(home.dir, 'daemon.log'), 'utf8'), /"err":"not a regular file: .*secret"/);

  const config = join(home.dir, 'config.json');
  renameSync(config, `${config}.kept`);
  for (const name of ['config.json', 'config.json.new', 'profile.json.new']) fifo(join(home.dir, name));
  const refused = await home.run(['config', 'set', 'admission.max_running', '7']);
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(String(jsonLine(refused.stderr).message), /not a regular file: .*config\.json/);
  renameSync(`${config}.kept`, config);
  for (const args of [['config', 'set', 'admission.max_running', '7'], ['profile', 'night'], ['ping']]) {
    const { code, stderr } = await home.run(args);
    assert.equal(code, 0, `${args}: ${stderr}`);
  }
});

it('a umask that forbids everything does not lock the user out of the state directory', async (t) => {
  const home = testHome(t);
  const state = join(home.work, 'made');
  const before = process.umask(0o777);
  const env = { BABYSIT_HOME: state };
  const start = home.run(['daemon-start'], { env });
  process.umask(before);
  assert.equal((await start).code, 0, (await start).stderr);
  const mode = execFileSync('stat', ['-c', '%a', state], { encoding: 'utf8' }).trim();
  await home.run(['daemon-stop'], { env });
  assert.equal(mode, '700');
});
