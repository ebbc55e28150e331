// A babysit home of its own for a test, and the check at its end that nothing of it is left behind.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listPids, readProcFile } from '../../src/procfs/proc-files.ts';
import { type CliOptions, type CliResult, type RunningCli, runCli, startCli } from './cli.ts';
import { removeLeftGroups } from './left-groups.ts';
import { waitUntil } from './wait-until.ts';

const STOP_DEADLINE_MS = 60_000;
const LEAVE_DEADLINE_MS = 10_000;

export interface TestHome {
  /** BABYSIT_HOME. */
  readonly dir: string;
  /** A directory for the test's own files: HOME, and the cwd of its commands. */
  readonly work: string;
  readonly env: NodeJS.ProcessEnv;
  run(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  start(args: readonly string[], options?: CliOptions): RunningCli;
}

/**
 * Cleaned and checked when the test has ended, also when it failed; with `after` of node:test, when the suite has.
 * `config` becomes config.json.
 */
export function testHome(t: { after(clean: () => Promise<void>): void }, config?: object): TestHome {
  // Short, because the path of a socket may have 107 bytes; and real, as the tasks will see it.
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'bs-')));
  const dir = join(base, 's');
  const work = join(base, 'work');
  mkdirSync(dir, { mode: 0o700 });
  mkdirSync(work);
  if (config !== undefined) writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  const env = { ...process.env, HOME: work, BABYSIT_HOME: dir };
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

async function leaveNothing(base: string, dir: string, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    const stop = await runCli(['daemon-stop', '--kill_tasks'], { env, deadlineMs: STOP_DEADLINE_MS });
    assert.equal(stop.code, 0, `daemon-stop --kill_tasks failed: ${stop.stderr}`);
    const gone = waitUntil(() => processesOf(base).length === 0, {
      deadlineMs: LEAVE_DEADLINE_MS,
      what: 'processes to leave',
    });
    await gone.catch(() => assert.deepEqual(processesOf(base), [], 'processes of this home are left'));
    assert.ok(!readdirSync(dir).includes('daemon.sock'), 'the daemon left its socket behind');
  } finally {
    // What leaked is told above; the next test shall not suffer from it.
    for (const line of processesOf(base)) killQuietly(Number.parseInt(line, 10));
    removeLeftGroups(dir);
    rmSync(base, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** `pid command` of each living process whose command line or environment names the directory. */
export function processesOf(base: string): string[] {
  return listPids()
    .filter((pid) => pid !== process.pid)
    .flatMap((pid) => {
      const command = readProcFile(pid, 'cmdline') ?? '';
      // A zombie has no command line; nobody but its parent can remove it.
      const named = command !== '' && `${command}\0${readProcFile(pid, 'environ') ?? ''}`.includes(base);
      return named ? [`${pid} ${command.replaceAll('\0', ' ').trim()}`] : [];
    });
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}
