// The readers of the host against the real /proc.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { MIB } from '../../test/support/build/build-task.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { readDiskUse } from './disk.ts';
import { OutsidePrograms } from './outside/outside-programs.ts';
import { isOwnProgram } from './outside/own-programs.ts';
import { readTopProcessOutside } from './outside/top-process.ts';
import { parseStalled, readHostPressure } from './pressure.ts';
import { MemberCounters } from './process/member-counters.ts';
import { readProcessState, readProgramTitle } from './process/process-state.ts';
import { readWaitingProcesses, type WaitingProcess } from './process/stall-evidence.ts';

const ON_LINUX = { skip: process.platform === 'linux' ? false : '/proc is of Linux' };
const dir = tempDir({ after });
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    const ended = new Promise((resolve) => child.once('close', resolve));
    if (child.exitCode !== null || child.signalCode !== null) continue;
    // Each leads a process group of its own, and takes its children with it.
    process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
    await ended;
  }
});

/** Runs `line` in bash with a stdin that stays open, and returns the pid. */
function run(line: string): number {
  const child = spawn('bash', ['-c', line], { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
  children.push(child);
  assert.ok(child.pid !== undefined);
  return child.pid;
}

/** The process and all below it. */
function treeOf(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  const below = readdirSync(tasks).flatMap((task) => {
    const text = readFileSync(`${tasks}/${task}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  });
  return [pid, ...below.flatMap(treeOf)];
}

/** The process called `name` below `pid`, once it `is` so. */
async function find(
  pid: number,
  name: string,
  is: (found: WaitingProcess) => boolean,
): Promise<WaitingProcess> {
  let found: WaitingProcess | undefined;
  await waitUntil(
    () => {
      found = readWaitingProcesses(treeOf(pid)).find((candidate) => candidate.name === name);
      return found !== undefined && is(found);
    },
    { what: `${name} below ${pid}` },
  );
  assert.ok(found);
  return found;
}
const sleeps = ({ state }: WaitingProcess) => state === 'S';
/** Kernels without it (user-mode-linux) do not show what a process waits for either. */
const NO_SYSCALLS = existsSync('/proc/self/syscall') ? false : 'this kernel shows no system calls';

describe('pressure of the host', () => {
  it('is parsed from what kernels print', () => {
    const text =
      'some avg10=12.50 avg60=0.13 avg300=1.57 total=1518771911\nfull avg10=3.25 avg60=0.00 avg300=0.00 total=0\n';
    assert.deepEqual(parseStalled(text), { someAvg10Pct: 12.5, fullAvg10Pct: 3.25 });
    // The CPU before Linux 5.13.
    assert.deepEqual(parseStalled(text.slice(0, text.indexOf('full'))), {
      someAvg10Pct: 12.5,
      fullAvg10Pct: 0,
    });
    assert.equal(parseStalled(''), null);
  });

  it('is read from a kernel with PSI, and null on others', () => {
    const hasPsi = existsSync('/proc/pressure/memory');
    const pressure = readHostPressure();
    assert.deepEqual(Object.keys(pressure), ['memory', 'cpu', 'io']);
    for (const stalled of Object.values(pressure)) {
      assert.equal(stalled !== null, hasPsi);
      if (stalled !== null) assert.ok(stalled.someAvg10Pct >= 0 && stalled.someAvg10Pct <= 100);
    }
    assert.deepEqual(readHostPressure('/nowhere'), { memory: null, cpu: null, io: null });
  });
});

it('disk use matches df', ON_LINUX, () => {
  const [size, used, available] = execFileSync('df', ['-B1', '--output=size,used,avail', tmpdir()], {
    encoding: 'utf8',
  })
    .split('\n')
    .slice(1)
    .flatMap((line) => line.trim().split(/\s+/).map(Number));
  const use = readDiskUse(tmpdir());
  if (size === 0) return assert.equal(use, null);
  // Other processes write in between.
  const near = (value: number | undefined, wanted = Number.NaN) =>
    assert.ok(Math.abs((value ?? 0) - wanted) < 256 * MIB);
  near(use?.usedBytes, used);
  near(use?.totalBytes, (used ?? 0) + (available ?? 0));
});

describe('the state of a process', ON_LINUX, () => {
  it('of a sleeper has its name, letter and what it sleeps in', async () => {
    const pid = run('exec sleep 600');
    const isAsleep = ({ wchan }: WaitingProcess) => /nanosleep/.test(wchan ?? '') || NO_SYSCALLS !== false;
    assert.equal((await find(pid, 'sleep', isAsleep)).pid, pid);
  });

  it('of a stopped one is T, of a zombie Z', async () => {
    const stopped = run('exec sleep 600');
    await find(stopped, 'sleep', sleeps);
    process.kill(stopped, 'SIGSTOP');
    await find(stopped, 'sleep', ({ state }) => state === 'T');
    const parent = run('(until grep -q sleep /proc/$$/comm; do :; done) & exec sleep 600');
    await waitUntil(() => treeOf(parent).some((pid) => readProcessState(pid)?.state === 'Z'), {
      what: 'a zombie',
    });
  });

  it('of one with a hostile name, and of an absent one', async () => {
    writeFileSync(join(dir, 'a) R (b'), '#!/bin/sh\nread line\n', { mode: 0o755 });
    assert.equal((await find(run(`exec '${dir}/a) R (b'`), 'sh', sleeps)).state, 'S');
    assert.equal(readProcessState(2 ** 22 + 1), null);
  });
});

describe('a process waits for input', { skip: ON_LINUX.skip || NO_SYSCALLS }, () => {
  it('when it reads a socket, which Node uses for stdin', async () => {
    assert.equal((await find(run('exec cat'), 'cat', sleeps)).awaits, 'socket');
  });

  it('when it reads a pipe without a writer in the task', async () => {
    const { pid } = await find(run('sleep 600 | cat'), 'cat', sleeps);
    assert.equal(readWaitingProcesses([pid])[0]?.awaits, 'pipe');
  });

  it('when it reads a named pipe, also when its path leads nowhere', async () => {
    const gone = join(dir, 'gone');
    mkdirSync(gone);
    execFileSync('mkfifo', [join(gone, 'in')]);
    // The sleep holds it open.
    const command = `sleep 600 3<>'${gone}/in' & exec cat <'${gone}/in'`;
    const { pid } = await find(run(command), 'cat', sleeps);
    rmSync(gone, { recursive: true });
    assert.equal(readWaitingProcesses([pid])[0]?.awaits, 'pipe');
  });

  it('not when it reads from a process of the same task', async () => {
    const pid = run('sleep 600 | cat');
    await find(pid, 'sleep', sleeps);
    assert.equal((await find(pid, 'cat', sleeps)).awaits, null);
  });

  it('not when it sleeps', async () => {
    assert.equal((await find(run('exec sleep 600'), 'sleep', sleeps)).awaits, null);
  });

  const NO_SCRIPT = existsSync('/usr/bin/script') ? false : 'script(1) is missing';
  it('when it reads a terminal', { skip: NO_SCRIPT }, async () => {
    const cat = await find(run('exec script -qc cat /dev/null'), 'cat', sleeps);
    assert.equal(cat.awaits, 'terminal');
  });
});

const written = (counters: MemberCounters, pids: readonly number[]) => {
  counters.read(pids);
  return counters.io?.writtenBytes ?? null;
};
/** Files in memory are written to no storage, and not counted. */
function countsWrites(): boolean {
  const counters = new MemberCounters();
  const before = written(counters, [process.pid]);
  writeFileSync(join(dir, 'probe'), Buffer.alloc(MIB));
  return before !== null && (written(counters, [process.pid]) ?? 0) - before >= MIB;
}
const NO_DISK = ON_LINUX.skip || (countsWrites() ? false : 'the temporary directory is no disk');
it('bytes written are those of the processes, of their children that have ended, and of processes that are gone', {
  skip: NO_DISK,
}, async () => {
  const pid = run(`head -c ${3 * MIB} /dev/zero >'${dir}/file'; touch '${dir}/done'; exec sleep 600`);
  await waitUntil(() => existsSync(join(dir, 'done')), { what: 'the file' });
  const counters = new MemberCounters();
  const bytes = written(counters, [pid]);
  assert.ok(bytes !== null && bytes >= 3 * MIB && bytes < 4 * MIB, `${bytes}`);
  assert.equal(written(counters, []), bytes);
  assert.equal(written(new MemberCounters(), []), null);
});

it('the time ready without CPU is measured for a process that has run for a while', ON_LINUX, () => {
  const counters = new MemberCounters();
  for (const end = performance.now() + 150; performance.now() < end; );
  counters.read([process.pid]);
  const wait = counters.waitPerCpuSecond;
  assert.ok(wait === null || (wait >= 0 && wait < 1000), `${wait}`);
  assert.equal(new MemberCounters().waitPerCpuSecond, null);
});

it('the top process outside is the largest one that is not excluded', ON_LINUX, async () => {
  const holds = (mib: number) =>
    run(`head -c ${mib * MIB} /dev/zero | { tail -c ${mib * MIB} | sleep 600; }`);
  const [larger, smaller] = [holds(96), holds(48)];
  /** The tail(1) below the shell, which holds the memory. */
  const tailOf = (pid: number) =>
    treeOf(pid).find((below) => readProcessState(below)?.name === 'tail') ?? Number.NaN;
  const isTop = (pid: number, among: readonly number[]) => {
    const top = readTopProcessOutside(new Set(), among);
    return top?.pid === pid && top.name === 'tail' && top.rssBytes > 40 * MIB;
  };
  await waitUntil(() => isTop(tailOf(larger), [tailOf(larger), tailOf(smaller)]), { what: 'the larger one' });
  await waitUntil(() => isTop(tailOf(smaller), [tailOf(smaller)]), { what: 'the smaller one alone' });
});

it('the top process outside has the name of its program, not of its main thread', ON_LINUX, async () => {
  assert.match(readTopProcessOutside(new Set(), [process.pid])?.name ?? '', /^node( |$)/);
});

it('an interpreter is named with its script or module, and with no other argument', ON_LINUX, async (t) => {
  const cwd = tempDir(t);
  writeFileSync(join(cwd, 'work.sh'), 'read -r _\n');
  writeFileSync(join(cwd, 'a key'), 'read -r _\n');
  const TABLE: [line: string, title: string][] = [
    ['exec sh work.sh secret', 'sh work.sh'],
    [`exec bash --posix -eu +x ${cwd}/work.sh work.sh`, 'bash work.sh'],
    ["exec sh -ec 'read -r _' work.sh", 'sh'],
    ["exec sh './a key'", 'sh'],
    ["exec -a python3.12 sh -c 'read -r _' -m pytest", 'python3.12'],
    ['exec -a python3.12 sh +m work.sh -m pytest', 'python3.12 work.sh'],
    ["exec -a cat sh -c 'read -r _' work.sh", 'cat'],
  ];
  for (const [line, title] of TABLE) {
    const pid = run(`cd ${cwd}; ${line}`);
    await waitUntil(() => readProgramTitle(pid) === title, { what: `${line}: ${title}` });
  }
  const module = run(`cd ${cwd}; echo 'read -r _' > -m; exec -a python3 sh -- -m pytest`);
  await waitUntil(() => readProgramTitle(module) === 'python3 pytest', { what: 'a module' });
});

it(
  'programs outside are named with their origin, by their part of the host, same ones together',
  ON_LINUX,
  async () => {
    const burner = (session: string) =>
      run(`CLAUDE_CODE_SESSION_ID=${session} exec sh -c 'while :; do :; done' secret-argument`);
    const pids = [burner('s1'), burner('s1'), burner('s2')];
    const all = readdirSync('/proc').map(Number).filter(Number.isInteger);
    const ours = new Set(all.filter((pid) => !pids.includes(pid)));
    const programs = new OutsidePrograms();
    const host = { cores: 4, memBytes: 1e15 };
    await waitUntil(
      () => {
        const shown = new OutsidePrograms().largest(() => ours, host).slice(0, 2);
        const names = shown.map(({ name, processes, belongsTo }) => `${name} ${processes} ${belongsTo}`);
        return (
          names.join() === 'sh 2 agent session s1,sh 1 agent session s2' && (shown[0]?.cpuCores ?? 0) > 0.1
        );
      },
      { what: 'both programs' },
    );
    const first = programs.largest(() => ours, host);
    assert.ok(!JSON.stringify(first).includes('secret'));
    assert.equal(programs.largest(assert.fail, host), first, 'a look is shared for a while');
  },
);

it('a process of babysit is one of an installation, or its spawner', ON_LINUX, async (t) => {
  const dir = tempDir(t);
  for (const name of ['dist', 'other']) mkdirSync(join(dir, name));
  writeFileSync(join(dir, 'dist/supervisor.sh'), '');
  const TABLE: [line: string, isOwn: boolean][] = [
    [`exec -a node sh -c 'read -r _' --flag ${dir}/dist/cli.cjs run`, true],
    [`cd ${dir}; exec -a node sh -c 'read -r _' ./dist/relay.cjs`, true],
    [`cd ${dir}/other; exec -a node sh -c 'read -r _' ../dist/daemon.mjs`, true],
    [`exec -a bash sh -c 'read -r _' babysit-spawner`, true],
    [`exec -a node sh -c 'read -r _' ${dir}/other/cli.cjs run`, false],
    [`exec -a node sh -c 'read -r _' cat ${dir}/dist/supervisor.sh`, false],
  ];
  for (const [line, isOwn] of TABLE) {
    const pid = run(line);
    await waitUntil(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('read -r _'), { what: line });
    await waitUntil(() => isOwnProgram(pid) === isOwn, { what: `${line}: ${isOwn}` });
  }
});
