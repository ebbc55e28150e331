// A babysit home of its own for a test, and the check at its end that nothing of it is left behind.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeGroup } from '../../src/cgroups/cgroupfs.ts';
import { ownGroups } from '../../src/cgroups/own-groups.ts';
import { CONTROLLERS_V1 } from '../../src/cgroups/v1/limits.ts';
import { envName, loadConfigText } from '../../src/config/load.ts';
import { DEADLINE_MS } from './budget.ts';
import { type CliOptions, type CliResult, type RunningCli, runCli, startCli } from './cli.ts';
import { exchange } from './daemon-api.ts';
import { processesOf } from './processes.ts';
import { type Cleanup, makeTempDir, processesLeave } from './temp-dir.ts';

export interface TestHome {
  /** BABYSIT_HOME. */
  readonly dir: string;
  /** A directory for the test's own files: HOME, and the cwd of its commands. */
  readonly work: string;
  readonly env: NodeJS.ProcessEnv;
  run(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  start(args: readonly string[], options?: CliOptions): RunningCli;
}

/** On a slow machine a fork costs so much that a loop needs more than its cores, and other programs use all of them. */
const QUIET = { 'admission.count_outside_cpu': 'false', 'watchdog.tolerance_window': '20m' };

/**
 * Cleaned and checked when the test has ended, also when it failed; with `after` of node:test, at the end of the suite.
 * `config` becomes config.json. Other programs hold no task, and none is killed for its use of CPU or memory above the
 * estimate, unless `config` says so.
 */
export function testHome(t: Cleanup, config?: object): TestHome {
  const base = makeTempDir();
  const dir = join(base, 's');
  const work = join(base, 'work');
  mkdirSync(dir, { mode: 0o700 });
  mkdirSync(work);
  if (config !== undefined) writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  const { sources } = loadConfigText(JSON.stringify(config ?? {}), 'config.json', {});
  const quiet = Object.entries(QUIET)
    .filter(([key]) => sources[key as keyof typeof QUIET] === 'default')
    .map(([key, value]) => [envName(key as keyof typeof QUIET), value]);
  const env = { ...process.env, ...Object.fromEntries(quiet), HOME: work, BABYSIT_HOME: dir };
  const withHome = (options: CliOptions = {}): CliOptions => ({
    cwd: work,
    ...options,
    env: { ...env, ...options.env },
  });
  t.after(() => leaveNothing(base, dir, env));
  return {
    dir,
    work,
    env,
    run: (args, options) => runCli(args, withHome(options)),
    start: (args, options) => startCli(args, withHome(options)),
  };
}

/**
 * For tests that share one daemon: each gets the same home with a project of its own, whose tasks end with the test. Names,
 * queue and capacity are then those of an empty host.
 */
export function sharedDaemon(t: Cleanup): (t: Cleanup) => TestHome {
  const home = testHome(t);
  let count = 0;
  return (test) => {
    count += 1;
    const work = join(home.work, `project-${count}`);
    mkdirSync(work);
    const inWork = (options?: CliOptions): CliOptions => ({ cwd: work, ...options });
    const run: TestHome['run'] = (args, options) => home.run(args, inWork(options));
    test.after(async () => {
      const query = new URLSearchParams({ pattern: '*', project: work, status: 'pending,running,paused' });
      const answer = await exchange(home.dir, 'GET', `/v1/select?${query}`).catch(() => null);
      if (answer?.code !== 404) await run(['kill', '--force', '*']);
    });
    return { ...home, work, run, start: (args, options) => home.start(args, inWork(options)) };
  };
}

async function leaveNothing(base: string, dir: string, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    // A daemon never removes its lock: without one, none has ever run here.
    if (existsSync(join(dir, 'daemon.lock')) && !(await isStopping(dir))) {
      const stop = await runCli(['daemon-stop', '--kill_tasks'], { env });
      assert.equal(stop.code, 0, `daemon-stop --kill_tasks failed: ${stop.stderr}`);
    }
    await processesLeave(base);
    assertUniqueKeys(join(dir, 'daemon.log'));
    assert.ok(!readdirSync(dir).includes('daemon.sock'), 'the daemon left its socket behind');
  } finally {
    // The next test must not suffer from what this one has left.
    for (const line of processesOf(base)) killQuietly(Number.parseInt(line, 10));
    removeLeftGroups(dir);
    rmSync(base, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Asks the daemon to end with its tasks, which needs no process. False: only the command can end them, if there are any. */
async function isStopping(dir: string): Promise<boolean> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const stop = exchange(dir, 'POST', '/v1/daemon/stop', { kill_tasks: true }, signal);
  return (await stop.catch(() => null))?.code === 202;
}

/** A field named as one of pino (`pid`, `time`) is in a line twice, and readers of JSON keep one of the two. */
function assertUniqueKeys(log: string): void {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : [];
  // A daemon that was killed may leave half a line.
  for (const line of lines.filter((text) => text.endsWith('}')))
    assert.equal(
      JSON.stringify(JSON.parse(line)).length,
      line.length,
      `a key twice in a line of the log: ${line}`,
    );
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended since.
  }
}

/**
 * A daemon that was killed leaves its own empty group in each cgroup hierarchy, and without its home no daemon ever
 * removes it. Call when it has ended.
 */
function removeLeftGroups(home: string): void {
  const tag = groupTag(home);
  if (tag === null) return;
  const own = ownGroups({ cgroupRoot: '/sys/fs/cgroup', procRoot: '/proc', tag });
  for (const group of [own.v2, ...CONTROLLERS_V1.map(own.v1)]) if (group !== null) removeGroup(group.parent);
}

/** The tag in the names of the home's groups; null when no daemon has run in it. */
export function groupTag(home: string): string | null {
  const file = join(home, 'babysit.id');
  return existsSync(file) ? readFileSync(file, 'utf8').slice(0, 8) : null;
}
