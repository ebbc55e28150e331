// The supervisor on real processes: its records, the environment of the command, and faults that it survives.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { aLaunch, anObserver, NICE, TOOLS } from '../../test/support/build/build-launch.ts';
import { NEEDS_MOUNT, smallDisk } from '../../test/support/small-disk.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { Command } from '../core/task.ts';
import { logParts } from '../logs/parts.ts';
import { listPids } from '../procfs/proc-files.ts';
import { isDead, readStat } from '../procfs/process/stat.ts';
import type { Launch } from './launch-script.ts';
import { claimForRecovery, readRecords } from './records.ts';
import { openSpawner, type Spawner } from './spawner.ts';
import { startAttempt } from './start.ts';

const root = tempDir({ after }, () => spawner.close());
let count = 0;
let spawner: Spawner;
before(() => {
  spawner = openSpawner(TOOLS, NICE, () => {});
});

function launch(command: Command | string, changes: Partial<Launch> = {}): Launch {
  count += 1;
  return aLaunch(join(root, String(count)), root, command, changes);
}

async function finish(spec: Launch, by = spawner) {
  startAttempt(by, () => spec, anObserver(spec.dir));
  await waitUntil(() => readRecords(spec.dir).closedAt !== null, {
    what: 'the supervisor to end',
  });
  const log = existsSync(`${spec.dir}.log`) ? readFileSync(`${spec.dir}.log`, 'utf8') : '';
  return { records: readRecords(spec.dir), log };
}

describe('exit record', () => {
  for (const code of [0, 1, 7, 126, 137, 143, 255])
    it(`keeps exit code ${code} an exit code`, async () => {
      const { records } = await finish(launch(`exit ${code}`));
      assert.deepEqual({ ...records.exit, at: 0 }, { code, signal: null, at: 0 });
    });

  for (const signal of ['KILL', 'TERM', 'SEGV', 'INT', 'HUP', 'PIPE', 'USR1'])
    it(`distinguishes SIG${signal} from exit 128+n`, async () => {
      const { records } = await finish(launch(`kill -${signal} $$; sleep 20`));
      assert.deepEqual({ ...records.exit, at: 0 }, { code: null, signal: `SIG${signal}`, at: 0 });
    });

  it('survives a command that signals its whole process group', async () => {
    const { records, log } = await finish(launch('echo before; kill -KILL 0'));
    assert.equal(records.exit?.signal, 'SIGKILL');
    assert.equal(log, 'before\n');
  });

  it('sees both ends when it was stopped while its command and its log writer ended', async () => {
    const go = join(root, 'go');
    const spec = launch(`until [ -e ${go} ]; do sleep 0.01; done; exit 7`);
    startAttempt(spawner, () => spec, anObserver(spec.dir));
    await waitUntil(() => readRecords(spec.dir).started !== null, { what: 'the command to start' });
    const { pid } = readRecords(spec.dir).supervisor ?? assert.fail();
    const children = () =>
      listPids()
        .flatMap((each) => readStat(each) ?? [])
        .filter(({ ppid }) => ppid === pid);
    await waitUntil(() => children().length === 2, { what: 'the log writer' });
    process.kill(pid, 'SIGSTOP');
    writeFileSync(go, '');
    await waitUntil(() => children().every(isDead), { what: 'both to end' });
    process.kill(pid, 'SIGCONT');
    await waitUntil(() => readRecords(spec.dir).closedAt !== null, { what: 'the supervisor to end' });
    assert.equal(readRecords(spec.dir).exit?.code, 7);
  });

  it('waits for a command that was stopped for a while', async () => {
    const { records, log } = await finish(
      launch(
        '(until grep -q "^State:.T" /proc/$$/status; do :; done; kill -CONT $$) & kill -STOP $$; echo on; exit 5',
      ),
    );
    assert.deepEqual([records.exit?.code, log], [5, 'on\n']);
  });

  it('survives signals to its own process group, before and after the first output', async () => {
    const shower = 'for s in INT TERM HUP QUIT PIPE; do kill -$s -- -$group; done';
    const { records, log } = await finish(
      launch(`group=$(cut -d' ' -f5 /proc/$PPID/stat); ${shower}; echo first; ${shower}; exit 6`),
    );
    assert.equal(records.exit?.code, 6);
    // A copier that is killed may lose the output that it has just read.
    assert.match(log, /^f/);
  });

  it('records the end while a child holds the output, however often it is woken', async () => {
    const [woken, release] = [join(root, 'woken'), join(root, 'release')];
    const wake = `while kill -USR1 $PPID; do sleep 0.01; n=$((n + 1)); [ $n != 20 ] || >${woken}; done`;
    const wakes = `(while kill -0 $$; do :; done; n=0; ${wake}) >/dev/null 2>&1 &`;
    const spec = launch(`${wakes} (seq 200; until [ -e ${release} ]; do sleep 0.01; done) & exit 6`);
    startAttempt(spawner, () => spec, anObserver(spec.dir));
    await waitUntil(() => readRecords(spec.dir).exit !== null && existsSync(woken), {
      what: 'the end of the command, and many wakes',
    });
    assert.equal(readRecords(spec.dir).closedAt, null);
    writeFileSync(release, '');
    await waitUntil(() => readRecords(spec.dir).closedAt !== null, { what: 'the supervisor to end' });
    assert.equal(readRecords(spec.dir).exit?.code, 6);
    assert.equal(readFileSync(`${spec.dir}.log`, 'utf8').length, 692);
  });

  const group = "group=$(cut -d' ' -f5 /proc/$PPID/stat)";
  const kill = (found: string) =>
    `until victim=$(${found}); do :; done; kill -KILL $victim; while kill -0 $victim 2>/dev/null; do :; done`;
  const copier = kill('pgrep -g $group -x dd');
  const writer = kill('pgrep -g $group -P $PPID');
  for (const [what, line, output] of [
    // It may be killed before it has read what follows the first byte.
    [
      'the copier',
      `echo one; ${copier}; echo two`,
      /\n\[babysit: output is missing above[^\n]*\]\n(ne\n)?two\n$/,
    ],
    ['the log writer, before any output', `${writer}; echo two`, /^\n\[babysit: [^\n]*\]\ntwo\n$/],
    ['the log writer', `echo one; ${copier}; ${writer}; echo two`, /\n\[babysit: [^\n]*\]\n(ne\n)?two\n$/],
    [
      'one after the other, many times',
      `for i in 1 2 3; do ${writer}; echo $i; ${copier}; ${writer}; done; seq 1000`,
      /\]\n1\n2\n3\n[\s\S]*\n999\n1000\n$/,
    ],
  ] as const)
    it(`survives a SIGKILL of ${what}: the command is not disturbed, and the log marks it`, async () => {
      const { records, log } = await finish(launch(`${group}; set -e; ${line}; exit 4`));
      assert.equal(records.exit?.code, 4);
      assert.match(log, output);
    });

  it('keeps the log to its parts, whatever the speed, without a daemon and without a loss', async () => {
    const maxBytes = 64 * 1024;
    const keep = 3;
    const spec = launch('yes | head -c 3000000; seq 100000; exit 4', { log: { maxBytes, keep } });
    let most = 0;
    const sizes = () => logParts(`${spec.dir}.log`).map(({ start, end }) => end - start);
    const names = () => readdirSync(dirname(spec.dir)).join();
    const watch = setInterval(() => {
      const then = names();
      const sum = sizes().reduce((sum, size) => sum + size, 0);
      // Parts that were moved or removed meanwhile would be counted twice.
      if (names() === then) most = Math.max(most, sum);
    }, 1);
    const { records } = await finish(spec);
    clearInterval(watch);
    assert.equal(records.exit?.code, 4);
    assert.ok(most <= 1.1 * (keep + 1) * maxBytes, `${most} bytes`);
    const parts = logParts(`${spec.dir}.log`);
    assert.equal(parts.length, keep + 1);
    assert.equal(parts.at(-1)?.end, 3_000_000 + 588_895);
    const text = parts.map(({ path }) => readFileSync(path, 'utf8')).join('');
    const all = Array.from({ length: 100_000 }, (_, i) => `${i + 1}\n`).join('');
    assert.equal(text, all.slice(-text.length));
  });

  it('dates start and end by the wall clock', async () => {
    // The clock of the kernel may lag by one tick, 10 ms at most.
    const beforeMs = Date.now() - 10;
    const { records } = await finish(launch('true'));
    assert.ok(records.started && records.exit);
    const times = [beforeMs, records.started.at, records.exit.at, records.closedAt ?? 0, Date.now() + 10];
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.ok((records.started.main?.pid ?? 0) > 1);
  });
});

describe('a full disk', () => {
  it('affects neither the command nor its exit code', {
    skip: NEEDS_MOUNT,
  }, async (t) => {
    const { dir } = smallDisk(t, '64k');
    const { records, log } = await finish(
      launch('head -c 200000 /dev/zero | tr "\\0" x; echo lost; exit 4', { dir: join(dir, '1') }),
    );
    assert.equal(records.exit?.code, 4);
    assert.ok(log.length > 0 && log.length < 200_000);
  });
});

describe('a limit on the size of files', () => {
  it('of the daemon affects neither the command nor its exit code', async (t) => {
    const nice = join(root, 'limited-nice');
    writeFileSync(nice, `#!${TOOLS.bash}\nulimit -f 64; exec ${TOOLS.nice} "$@"\n`, { mode: 0o755 });
    const limited = openSpawner({ ...TOOLS, nice }, NICE, () => {});
    t.after(() => limited.close());
    const line = 'head -c 200000 /dev/zero | tr "\\0" x; echo lost; exit 4';
    const { records, log } = await finish(launch(line), limited);
    assert.equal(records.exit?.code, 4);
    assert.ok(log.length > 0 && log.length < 200_000);
  });
});

describe('log', () => {
  for (const bytes of ['\\n', '\\0', '\\001', '\\177', '\\377', '\\\\', ' x', '\\0\\n\\0', '\\303\\244'])
    it(`begins with ${bytes} when the output does`, async () => {
      const spec = launch({ kind: 'argv', argv: ['printf', bytes] });
      await finish(spec);
      assert.deepEqual(readFileSync(`${spec.dir}.log`), execFileSync('printf', [bytes]));
    });
});

describe('command', () => {
  it('has the descriptors, signals, limits, functions and options of a command started by hand', async () => {
    const line =
      'ls /proc/self/fd; grep Sig[BI] /proc/self/status; ulimit -a; declare -F; trap -p; shopt; set +o';
    const byHand = execFileSync('bash', ['-c', line], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    assert.equal((await finish(launch(line))).log, byHand);
  });

  it('prints stdout and stderr into one log, in order', async () => {
    const { log } = await finish(launch('for i in 1 2 3; do echo out$i; echo err$i >&2; done'));
    assert.equal(log, 'out1\nerr1\nout2\nerr2\nout3\nerr3\n');
  });

  it('gets exactly its environment, with odd names and values', async () => {
    const env = {
      PATH: '/usr/bin:/bin',
      QUOTES: `it's "quoted" $HOME \`x\` \\n`,
      LINES: 'one\ntwo\n',
      CONTROLS: '\x01\x01\x02\x7f\x1b[1m\r\t \x01',
      UMLAUTS: 'ÄÖÜ ß 日本 🎈',
      EMPTY: '',
      'BASH_FUNC_greet%%': '() { echo "hello $1"; }',
      'npm_config_//registry/:token': 'secret',
      'with.dot': '1',
      IFS: ',',
      ENV: '/nowhere',
      LC_ALL: 'xx_YY.nowhere',
      SECONDS: '7',
      EPOCHSECONDS: '7',
      FUNCNEST: '1',
      dir: 'a variable of the supervisor',
    };
    const spec = launch({ kind: 'argv', argv: ['/usr/bin/env', '-0'] }, { env });
    const { log } = await finish(spec);
    const got = Object.fromEntries(
      log
        .split('\0')
        .filter(Boolean)
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    for (const own of ['PWD', 'OLDPWD', '_', 'SHLVL']) delete got[own];
    assert.deepEqual(got, env);
    assert.deepEqual(readdirSync(spec.dir), ['claim'], 'nothing of it is on the disk');
  });

  it('can use an exported shell function of the caller', async () => {
    const env = { PATH: '/usr/bin:/bin', 'BASH_FUNC_greet%%': '() { echo "hello $1"; }' };
    assert.equal((await finish(launch('greet you', { env }))).log, 'hello you\n');
  });

  it('runs an argv untouched by any shell', async () => {
    const { log } = await finish(
      launch({ kind: 'argv', argv: ['printf', '%s|', '$HOME', 'a b', "it's", ''] }),
    );
    assert.equal(log, "$HOME|a b|it's||");
  });

  it('runs in the cwd, with the niceness and without stdin', async () => {
    const { log } = await finish(
      launch('pwd; nice; cat; cat /proc/self/oom_score_adj', { oomScoreAdj: 300 }),
    );
    const [cwd, nice, oom] = log.split('\n');
    assert.equal(cwd, root);
    assert.equal(Number(nice), NICE);
    assert.equal(oom, '300');
  });

  it('creates files with the umask of the caller', async () => {
    const { log } = await finish(launch('umask', { umask: 0o027 }));
    assert.equal(log, '0027\n');
  });

  it('fails with a reason when the cwd is gone', async () => {
    const { records, log } = await finish(launch('echo no', { cwd: join(root, 'gone') }));
    const why = `cannot enter the working directory: ${join(root, 'gone')} (No such file or directory)`;
    assert.deepEqual([records.startFailed, log], [why, `babysit: ${why}\n`]);
  });

  it('fails with a reason when the group cannot be entered', async () => {
    const file = join(root, 'no', 'cgroup.procs');
    const { records, log } = await finish(launch('echo no', { entryFiles: [file] }));
    const why = `cannot enter the task's cgroup: ${file} (No such file or directory)`;
    assert.deepEqual([records.startFailed, log], [why, `babysit: ${why}\n`]);
  });

  it('fails with the errors of its unit, without the lines of the script', async () => {
    const script = 'echo 1 >"$1/none"; echo 2: two >&2; mkdir "$1/none/x" 2>/dev/null || echo 3 >"$1/none"';
    const preparation = { script, args: [join(root, 'no')] };
    const { records } = await finish(launch('echo no', { preparation }));
    const one = `${join(root, 'no')}/none: No such file or directory`;
    assert.equal(records.startFailed, `cannot start its systemd unit: ${one}\n2: two\n${one}`);
  });
});

describe('claim', () => {
  it('is given back when the output has no pipe, and nothing has run', () => {
    const dir = join(root, 'without-pipe');
    mkdirSync(dir);
    const script = `. "$1"; dir=$2 launch_at=0 request='touch "$dir/ran"'; open_pipe() { return 1; }; run_command`;
    const supervisor = join(import.meta.dirname, 'supervisor.sh');
    const { status } = spawnSync('bash', ['-c', script, 'bash', supervisor, dir], { stdio: 'ignore' });
    assert.equal(status, 1);
    assert.deepEqual(readdirSync(dir), []);
    assert.equal(claimForRecovery(dir), 'taken');
  });

  it('of a supervisor is not taken by recovery', async () => {
    const spec = launch('echo ran');
    assert.equal((await finish(spec)).log, 'ran\n');
    assert.equal(claimForRecovery(spec.dir), 'begun');
  });

  it('of recovery keeps the supervisor from running the attempt', async () => {
    const spec = launch('echo ran');
    mkdirSync(spec.dir);
    assert.equal(claimForRecovery(spec.dir), 'taken');
    startAttempt(spawner, () => spec, anObserver(spec.dir));
    // The spawner handles its requests in order.
    await finish(launch('true'));
    assert.deepEqual(readdirSync(spec.dir), ['claim']);
    assert.equal(existsSync(`${spec.dir}.log`), false);
  });
});

describe('the exec options of a command', () => {
  it('set the niceness, and the idle classes of CPU and IO', async () => {
    const show = 'nice; chrt -p $$; ionice -p $$';
    const { log } = await finish(launch(show, { nice: 17, isBackground: true }));
    const [nice, policy, , io] = log.split('\n');
    assert.equal(Number(nice), 17);
    assert.match(policy ?? '', /SCHED_IDLE/);
    assert.equal(io, 'idle');
  });

  it('give a terminal, so that the C library buffers by lines, and keep exit code and quotes', async () => {
    const { log, records } = await finish(
      launch(`test -t 1 && echo "it's a terminal"; exit 7`, { usesPty: true }),
    );
    assert.equal(log, "it's a terminal\r\n");
    assert.equal(records.exit?.code, 7);
  });

  it('of BSD gets the command as words', async () => {
    const script = join(root, 'bsd-script');
    // Stands for `script -q FILE COMMAND...` of macOS.
    writeFileSync(script, '#!/bin/sh\n[ "$1 $2" = "-q /dev/null" ] && shift 2 && exec "$@"\n', {
      mode: 0o755,
    });
    const tools = { ...TOOLS, script, isBsdScript: true, stty: null };
    const { records, log } = await finish(launch(`echo "it's $SHELL"; exit 7`, { usesPty: true, tools }));
    assert.equal(records.exit?.code, 7);
    assert.match(log, /^it's /);
  });

  it('report the missing package without script(1)', async () => {
    const { records } = await finish(launch('true', { usesPty: true, tools: { ...TOOLS, script: null } }));
    assert.match(records.startFailed ?? '', /util-linux/);
  });
});
