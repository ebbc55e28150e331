// daemon-start, daemon-stop, daemon-restart, daemon-status, ping, and the automatic start.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { isPidAlive } from '../../src/procfs/process/process-identity.ts';
import { readStat } from '../../src/procfs/process/stat.ts';
import { AS_ROOT, NOBODY } from '../support/another-user.ts';
import { SMALL } from '../support/budget.ts';
import { BABYSIT, jsonLine } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { hasStarted, show, submit, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

describe('daemon', () => {
  it('starts, shows its status, restarts as another process, stops', async (t) => {
    const home = testHome(t);
    const down = await home.run(['daemon-status']);
    assert.equal(down.code, 69);
    assert.equal(jsonLine(down.stdout).running, false);
    assert.equal((await home.run(['ping'])).code, 69);

    const started = jsonLine((await home.run(['daemon-start'])).stdout);
    assert.equal(started.started, true);
    const again = jsonLine((await home.run(['daemon_start'])).stdout);
    assert.deepEqual([again.started, again.pid], [false, started.pid]);
    assert.equal(jsonLine((await home.run(['ping'])).stdout).pid, started.pid);
    const up = await home.run(['daemon-status']);
    const { running, pid, home: dir } = jsonLine(up.stdout);
    assert.deepEqual([up.code, running, pid, dir], [0, true, started.pid, home.dir]);
    for (const [words, hint] of [
      [['reset', 'defaults.stop'], /The verbs are show, get, set, unset/],
      [['set', 'stop', 'file'], /defaults\.stop\?$/],
    ] as const) {
      const refused = await home.run(['config', ...words]);
      assert.equal(refused.code, 64);
      assert.match(String(jsonLine(refused.stderr).hint), hint);
    }

    const second = jsonLine((await home.run(['daemon-restart'])).stdout);
    assert.equal(second.restarted, true);
    assert.notEqual(second.pid, started.pid);
    assert.equal(jsonLine((await home.run(['ping'])).stdout).pid, second.pid);
    assert.ok(!isPidAlive(Number(started.pid)));

    assert.deepEqual(jsonLine((await home.run(['daemon-stop'])).stdout), { stopped: true, pid: second.pid });
    assert.ok(!isPidAlive(Number(second.pid)));
    assert.equal((await home.run(['ping'])).code, 69);
    assert.deepEqual(jsonLine((await home.run(['daemon-stop'])).stdout), { stopped: false, pid: null });
  });

  it('restarts while the command of a notice runs, a client follows a silent log, and another has gone', async (t) => {
    const home = testHome(t, {
      'notify.targets': [{ name: 'slow', command: `cd "$HOME"; echo >>began; ${until('go')}` }],
    });
    await home.run(['run', ...SMALL, '--wait', '--command=true']);
    await waitUntil(() => existsSync(join(home.work, 'began')), { what: 'the command' });
    await submit(home, 'silent', 'echo one; sleep 600');
    const [gone, stays] = [0, 1].map(() => home.start(['log', 'silent', '--follow']));
    for (const follower of [gone, stays])
      await waitUntil(() => follower?.stdout() === 'one\n', { what: 'the output' });
    gone?.kill('SIGKILL');
    await gone?.done;
    const old = daemonPid(home);
    const { code, stderr } = await home.run(['daemon-restart']);
    assert.equal(code, 0, stderr);
    assert.ok(!isPidAlive(old));
    writeFileSync(join(home.work, 'go'), '');
    await home.run(['kill', 'silent', '--force']);
    assert.equal((await stays?.done)?.stdout, 'one\n');
  });

  it('that dies after a restart is started again by a client that waits, and one that was stopped is not', async (t) => {
    const home = testHome(t);
    await submit(home, 'long', 'sleep 600');
    const wait = home.start(['wait', 'long']);
    const hasSeen = (event: string) =>
      waitUntil(() => wait.stderr().includes(`"${event}"`), { what: `the event ${event}` });
    await hasSeen('started');
    assert.equal((await home.run(['daemon-restart'])).code, 0);
    await home.run(['pause', 'long']);
    await hasSeen('paused');
    const pid = daemonPid(home);
    process.kill(pid, 'SIGKILL');
    // `ping` starts no daemon.
    await waitUntil(async () => (await home.run(['ping'])).code === 0, { what: 'the next daemon' });
    assert.notEqual(daemonPid(home), pid);
    // The client has reached the next daemon.
    await home.run(['resume', 'long']);
    await hasSeen('resumed');
    const before = wait.stderr().length;
    assert.equal((await home.run(['daemon-stop'])).code, 0);
    await waitUntil(() => wait.stderr().includes('"daemon_stopping"', before), {
      what: 'the shutdown notice',
    });
    assert.equal((await home.run(['ping'])).code, 69);
    await home.run(['kill', 'long', '--force']);
    const { code, stdout } = await wait.done;
    assert.equal(code, 1);
    assert.equal(jsonLine(stdout).kill_reason, 'manual');
  });

  it('is started once by the first of many commands at the same time, and again for one that meets it stopping', async (t) => {
    const home = testHome(t);
    const answers = await Promise.all(Array.from({ length: 6 }, () => home.run(['status', '--full'])));
    const pids = new Set(
      answers.map(({ code, stdout, stderr }) => {
        assert.equal(code, 0, stderr);
        return (jsonLine(stdout).daemon as { pid: number }).pid;
      }),
    );
    assert.equal(pids.size, 1);

    const pid = daemonPid(home);
    const stopping = home.run(['daemon-stop']);
    // One command after the other until the answer is that of another daemon.
    let answeredBy = pid;
    while (answeredBy === pid) {
      const status = await home.run(['status', '--full']);
      assert.equal(status.code, 0, status.stderr);
      answeredBy = (jsonLine(status.stdout).daemon as { pid: number }).pid;
    }
    const stop = await stopping;
    assert.equal(stop.code, 0, stop.stderr);
    assert.equal(daemonPid(home), answeredBy);
  });

  it('is detached: leads its session, works in /, inherits no variable and no open file of its starter', async (t) => {
    const home = testHome(t);
    const fds = join(home.work, 'fds');
    writeFileSync(fds, '');
    const env = { ...home.env, BABYSIT_NODE: process.execPath, SECRET: 'x', CLAUDE_CODE_SESSION_ID: 's' };
    // Descriptor 7 is a file that the starter has open.
    const start = spawnSync('bash', ['-c', '"$0" daemon-start 7>"$1"', BABYSIT, fds], {
      env,
      encoding: 'utf8',
    });
    const { pid } = jsonLine(start.stdout);
    assert.equal(readStat(Number(pid))?.field(6), pid, 'it must lead its session');
    const environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
    assert.doesNotMatch(environ, /SECRET|CLAUDE/);
    assert.equal(readlinkSync(`/proc/${pid}/cwd`), '/');
    const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    assert.ok(open.includes(join(home.dir, 'daemon.log')), String(open));
    // The daemon holds its directory open to notice that it was moved.
    const foreign = open.filter((file) => file.startsWith('/') && !`${file}/`.startsWith(`${home.dir}/`));
    assert.deepEqual(
      foreign.filter((file) => !/^\/(dev\/null|proc|sys)\b/.test(file)),
      [],
    );
  });

  it('is not started with BABYSIT_NO_AUTOSTART=1', async (t) => {
    const home = testHome(t);
    for (const args of [['status'], ['run', 'true'], ['wait', 'x'], ['log', 'x'], ['kill', 'x']]) {
      const { code, stdout, stderr } = await home.run(args, { env: { BABYSIT_NO_AUTOSTART: '1' } });
      assert.equal(code, 69, args.join(' '));
      assert.equal(stdout, '');
      const error = jsonLine(stderr);
      assert.equal(error.error, 'daemon_unreachable');
      assert.match(String(error.hint), /daemon-start/);
    }
    assert.deepEqual(readdirSync(home.dir), []);
  });

  it('is killed by daemon-stop when it hangs; one that died is replaced by daemon-stop --kill_tasks', async (t) => {
    const home = testHome(t);
    await submit(home, 'long', 'sleep 600');
    await waitUntil(() => hasStarted(home, 'long'), { what: 'the start' });
    const pid = daemonPid(home);
    process.kill(pid, 'SIGSTOP');
    const { code, stderr } = await home.run(['daemon-stop']);
    const { message, pid: named } = jsonLine(stderr);
    assert.deepEqual([code, named], [69, pid], stderr);
    assert.match(String(message), /did not answer and was ended/);
    assert.ok(!isPidAlive(pid));
    assert.equal(jsonLine((await home.run(['status', 'long'])).stdout).status, 'running');

    await submit(home, 'next', 'sleep 600', '--after_any=long');
    const command = Number((await show(home, 'long')).pid);
    const next = daemonPid(home);
    process.kill(next, 'SIGKILL');
    await waitUntil(() => !isPidAlive(next), { what: 'the daemon to die' });
    const replaced = await home.run(['daemon-stop', '--kill_tasks']);
    const { stopped, daemon_was_dead } = jsonLine(replaced.stdout);
    assert.deepEqual([replaced.code, stopped, daemon_was_dead], [0, true, true], replaced.stdout);
    assert.ok(!isPidAlive(command), 'the command of the task lives');
    const db = new Database(join(home.dir, 'babysit.db'), { readonly: true });
    const rows = db.prepare('SELECT name, status FROM tasks ORDER BY name').all();
    db.close();
    assert.deepEqual(rows, [
      { name: 'long', status: 'killed' },
      { name: 'next', status: 'pending' },
    ]);
  });

  it('that runs and does not listen is waited for, and a command of several requests starts one', async (t) => {
    const home = testHome(t);
    await home.run(['daemon-start']);
    const socket = join(home.dir, 'daemon.sock');
    renameSync(socket, `${socket}.away`);
    const list = home.start(['list']);
    await waitUntil(() => startsInVain(home.dir) > 0, { what: 'a start that finds the lock' });
    // As long as three processes take to start and end.
    for (let i = 0; i < 3; i++) await home.run(['ping']);
    renameSync(`${socket}.away`, socket);
    const { code, stderr } = await list.done;
    assert.equal(code, 0, stderr);
    assert.equal(startsInVain(home.dir), 1);

    for (const name of ['a', 'b', 'c']) await submit(home, name, 'true');
    await home.run(['daemon-stop']);
    const waited = await home.run(['wait', 'a', 'b', 'c']);
    assert.equal(waited.code, 0, waited.stderr);
    assert.equal(startsInVain(home.dir), 1);
  });

  it('of another user gets no request', AS_ROOT, async (t) => {
    const home = testHome(t);
    chownSync(home.dir, NOBODY, NOBODY);
    for (const args of [['run', 'true'], ['daemon-start'], ['daemon-stop'], ['wait', 'x']]) {
      const { code, stderr } = await home.run(args);
      assert.equal(code, 69, stderr);
      assert.match(stderr, /belongs to the user with id 65534.*sudo -H/);
    }
    assert.deepEqual(readdirSync(home.dir), []);
    chownSync(home.dir, 0, 0);
  });

  for (const [flag, value, pattern] of [
    ['n', 32, /limit of open files is 32 \(ulimit -Hn\), .* needs 64".*prlimit --pid=\d+ --nofile=1024"/],
    ['f', 8, /limit of file size is 8192 bytes \(ulimit -Hf\), .*"hint":"Start it .* --fsize=unlimited"/],
  ] as const)
    it(`names a hard limit that is too low for it: ulimit -${flag} ${value}`, (t) => {
      const home = testHome(t);
      // A starter with this capability raises the limit.
      const drop = process.getuid?.() === 0 ? 'setpriv --bounding-set=-sys_resource' : '';
      const line = `ulimit -${flag} ${value}; ${drop} "$0" daemon-start | cat`;
      const env = { ...home.env, BABYSIT_NODE: process.execPath };
      const { stderr } = spawnSync('bash', ['-c', line, BABYSIT], { env, encoding: 'utf8' });
      assert.match(stderr, pattern);
      assert.doesNotMatch(stderr, /[Rr]estore/);
    });

  it('reports why it cannot start', async (t) => {
    const home = testHome(t);
    writeFileSync(
      join(home.dir, 'babysit.db'),
      'this is not a database, and it is too long for an empty one',
    );
    const { code, stdout, stderr } = await home.run(['status']);
    assert.equal(code, 69);
    assert.equal(stdout, '');
    assert.match(String(jsonLine(stderr).message), /did not start: .*database/i);
  });
});

/** The starts that found the lock of a state directory taken. */
function startsInVain(dir: string): number {
  return readFileSync(join(dir, 'daemon.log'), 'utf8').split('a daemon is already running').length - 1;
}
