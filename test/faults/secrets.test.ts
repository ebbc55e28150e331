// The caller's environment reaches only the command; only the user may read the files of the home.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { BABYSIT } from '../support/cli.ts';
import { type TestHome, testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { hasStarted, isClosed, show, submit, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';
import { exchange, post } from './socket.ts';

const SECRET = 'hunter2-5e1f';
/** The database holds the environment, because a retry needs it. */
const DATABASE = /^babysit\.db(-wal|-shm)?$/;

function filesOf(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('a secret of the environment', () => {
  it('is in no list, status, event, error, log or file', async (t) => {
    const home = testHome(t);
    const env = { ...home.env, API_TOKEN: SECRET };
    const run = (args: string[], stdin?: string) =>
      home.run(args, { env, ...(stdin === undefined ? {} : { stdin }) });
    const go = join(home.work, 'go');
    const answers: { stdout: string; stderr: string }[] = [
      await run([
        'run',
        '--name=live',
        ...SMALL,
        `--command=test "$API_TOKEN" = ${SECRET.slice(0, 7)}*; ${until(go)}`,
      ]),
      await run(['run', '--name=bad', ...SMALL, '--estimated_time=x', 'true']),
      await run(['run', '--name=live', ...SMALL, 'true']),
      await run(['run', '--name=later', ...SMALL, '--after=live', 'test -n "$API_TOKEN"']),
      await run(['run', '--name=absent', ...SMALL, '--wait', '--', '/nowhere/to/be/found']),
      await run(['run', '--batch', '-'], '{"command":"true"}\n{"comand":"x"}\n{'),
      await run(['list', '--full', '--all']),
      await run(['status']),
      await run(['status', 'live', '--full']),
      await run(['config', '--json']),
      await run(['doctor', '--json']),
    ];
    const socket = join(home.dir, 'daemon.sock');
    const body = { command: 'true', cwd: '/', project: '/', env: { A: SECRET } };
    for (const wrong of [{ comand: 1 }, { cwd: 'x' }, { env: { '': SECRET } }, { env: { A: `${SECRET}\0` } }])
      answers.push(
        answered(await exchange(socket, post('/v1/tasks', JSON.stringify({ ...body, ...wrong })))),
      );
    answers.push(answered(await exchange(socket, post('/v1/tasks', `${JSON.stringify(body)}}`))));
    answers.push(
      answered(
        await exchange(socket, `GET /v1/tasks/live/events HTTP/1.0\r\n\r\n`.replace('live', 'absent')),
      ),
    );
    const pid = daemonPid(home);
    for (const file of ['cmdline', 'environ'])
      assert.ok(!readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(SECRET), `${file} of the daemon`);
    const holders = () => {
      const files = filesOf(home.dir).filter((file) => readFileSync(file, 'latin1').includes(SECRET));
      const names = files.map((file) => file.slice(home.dir.length + 1));
      assert.ok(
        names.some((name) => DATABASE.test(name)),
        'the search finds the secret where it must be',
      );
      return names.filter((name) => !DATABASE.test(name));
    };
    const { id, status } = await show(home, 'live');
    assert.equal(status, 'running');
    assert.deepEqual(holders(), [], 'while the command runs');
    execFileSync('touch', [go]);
    answers.push(await run(['wait', 'live', 'later', '--full']));
    assert.match(answers.at(-1)?.stdout ?? '', /"completed"[\s\S]*"completed"/);
    await waitUntil(() => isClosed(home, id), { what: 'the supervisor to end' });
    for (const { stdout, stderr } of answers)
      assert.ok(!`${stdout}${stderr}`.includes(SECRET), stdout + stderr);
    assert.deepEqual(holders(), []);
  });
});

function answered(text: string) {
  return { stdout: text, stderr: '' };
}

describe('files and socket', () => {
  for (const umask of ['000', '077'])
    it(`may be read by the user only, with umask ${umask} and ${umask === '000' ? 'without' : 'with'} a home`, async (t) => {
      const home = testHome(t);
      rmSync(home.dir, { recursive: true });
      // It loses the rights of other users.
      if (umask === '077') mkdirSync(home.dir, { mode: 0o755 });
      const withUmask = (...args: string[]) =>
        execFileSync('bash', ['-c', `umask ${umask}; exec "$@"`, 'bash', BABYSIT, ...args], {
          env: { ...home.env, BABYSIT_NODE: process.execPath },
          cwd: home.work,
          stdio: 'pipe',
        });
      const made = join(home.work, 'made');
      withUmask('run', ...SMALL, '--name=one', '--wait', `--command=echo out; touch ${made}`);
      const backup = join(home.work, 'backup.db');
      withUmask('backup', backup);
      await submit(home, 'live', 'echo out; sleep 600');
      await waitUntil(() => hasStarted(home, 'live'), {
        what: 'the start',
      });
      assert.deepEqual(openToOthers(home), []);
      assert.equal(modeOf(backup), 0o600);
      // The command itself has the umask of its caller.
      assert.equal(modeOf(made), 0o666 & ~Number.parseInt(umask, 8));
    });
});

const modeOf = (path: string) => statSync(path).mode & 0o777;

function openToOthers({ dir }: TestHome): string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  const paths = [
    dir,
    ...entries.filter((entry) => !entry.isSymbolicLink()).map((entry) => join(entry.parentPath, entry.name)),
  ];
  return paths.flatMap((path) => {
    const stat = statSync(path);
    const due = stat.isDirectory() ? 0o700 : 0o600;
    return modeOf(path) === due ? [] : [`${path.slice(dir.length)} ${modeOf(path).toString(8)}`];
  });
}
