// Runs the commands of docs/guide/coming-from.md, row by row, in a shell against a real daemon.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { DEADLINE_MS, SMALL_BODY } from '../support/budget.ts';
import { BABYSIT } from '../support/cli.ts';
import { type DaemonApi, daemonApi } from '../support/daemon-api.ts';
import { type TestHome, testHome } from '../support/home.ts';

export interface Shell {
  stdout(): string;
  stderr(): string;
  readonly done: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

export interface UnitOfWork {
  readonly t: TestContext;
  readonly home: TestHome;
  /** The cwd of the commands: the root of a git repository with the scripts of the page. */
  readonly project: string;
  /** The environment of the commands. */
  readonly env: NodeJS.ProcessEnv;
  /** Asks the daemon without a process for each question; `run` submits to the project. */
  readonly api: DaemonApi;
  /** Runs a line of the page to its end and asserts its exit code. */
  sh(line: string, env?: NodeJS.ProcessEnv, code?: number): Promise<{ stdout: string; stderr: string }>;
  /** For lines that block. */
  start(line: string, env?: NodeJS.ProcessEnv): Shell;
  /** Submits and waits for the end. */
  runToEnd(name: string, command: string): Promise<TaskView>;
}

export type Exercise = (stage: UnitOfWork, command: string) => Promise<void>;

/** The scripts that the page runs: one ends by itself, the other runs until it is killed. */
const SCRIPTS = {
  'build.sh': '#!/bin/sh\nfor step in 1 2 3; do echo "step $step"; done\necho built\n',
  'train.sh': '#!/bin/sh\necho "[3/42] loss=0.1"\nexec sleep 600\n',
};
export const BUILD_LOG = 'step 1\nstep 2\nstep 3\nbuilt\n';
const CONFIG = {
  'defaults.estimated_mem_bytes': '32M',
  'defaults.estimated_cpu_cores': 0.1,
  // A task that ignores SIGTERM ends only when SIGKILL is sent without this grace.
  'watchdog.kill_grace': '10m',
  'watchdog.monitor_interval': '200ms',
};
const PAGE = join(import.meta.dirname, '../../docs/guide/coming-from.md');

interface Row {
  readonly there: string;
  readonly here: string;
}

/** The first two cells of each row below the heading; `here` is one command. */
function rowsOf(section: string): Row[] {
  const [, body = ''] = readFileSync(PAGE, 'utf8').split(`\n## ${section}\n`);
  const [text = ''] = body.split('\n## ');
  return text
    .split('\n')
    .filter((line) => /^\| (?!there )/.test(line))
    .map((line) => {
      const [, there = '', here = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      const command = /^`([^`]+)`$/.exec(here)?.[1];
      assert.ok(command !== undefined, `not one command: ${here}`);
      return { there, here: command.replaceAll('\\|', '|') };
    });
}

/** `exercises` has one entry per row, by its first cell, in the order of the page; they share a daemon. */
export function exerciseSection(
  section: string,
  exercises: Readonly<Record<string, Exercise>>,
  skip: string | false = false,
): void {
  const rows = rowsOf(section);
  describe(`docs/guide/coming-from.md, ${section}`, { skip }, () => {
    it('has a test for every row, and a row for every test', () => {
      assert.ok(rows.length > 0);
      assert.deepEqual(
        rows.map(({ there }) => there),
        Object.keys(exercises),
      );
    });
    it('does in each row what the page says', async (t) => {
      const stage = openStage(t);
      assert.equal((await stage.home.run(['daemon-start'])).code, 0);
      for (const { there, here } of rows)
        await t.test(`${there} -> ${here}`, async (t) => {
          try {
            await exercises[there]?.({ ...stage, t }, here);
          } finally {
            await endTasks(stage);
          }
        });
    });
  });
}

function openStage(t: TestContext): UnitOfWork {
  const home = testHome(t, CONFIG);
  const project = join(home.work, 'project');
  mkdirSync(join(project, '.git'), { recursive: true });
  for (const [name, body] of Object.entries(SCRIPTS)) {
    writeFileSync(join(project, name), body);
    chmodSync(join(project, name), 0o755);
  }
  const env = {
    ...home.env,
    BABYSIT_NODE: process.execPath,
    CLAUDE_CODE_SESSION_ID: '',
    PATH: `${dirname(BABYSIT)}${delimiter}${process.env.PATH}`,
  };
  const api = daemonApi(home, { cwd: project, project, ...SMALL_BODY });
  const start = (line: string, more: NodeJS.ProcessEnv = {}) =>
    startShell(line, project, { ...env, ...more });
  return {
    t,
    home,
    project,
    env,
    api,
    start,
    async sh(line, more, code = 0) {
      const result = await start(line, more).done;
      assert.equal(result.code, code, `${line}\n${result.stdout}${result.stderr}`);
      return result;
    },
    async runToEnd(name, command) {
      await api.run(name, command);
      return (await api.ended(name)).task;
    },
  };
}

function startShell(line: string, cwd: string, env: NodeJS.ProcessEnv): Shell {
  const child = spawn('bash', ['-c', line], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
  });
  const [stdout, stderr]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text));
  const printed = () => ({ stdout: stdout.join(''), stderr: stderr.join('') });
  return {
    stdout: () => printed().stdout,
    stderr: () => printed().stderr,
    done: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, ...printed() }));
    }),
  };
}

/** Frees the names of the page for the next row. */
async function endTasks({ home, api }: UnitOfWork): Promise<void> {
  if (!existsSync(join(home.dir, 'daemon.sock'))) return;
  const { running, queue } = await api.status();
  const live = [...running, ...queue.filter(({ kind }) => kind === 'task')];
  await Promise.all(live.map(({ id }) => api.change(id, 'kill', { force: true }).catch(() => {})));
  await Promise.all(live.map(({ id }) => api.ended(id)));
}
