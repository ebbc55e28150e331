// Runs the built ./babysit as a black box.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { filledLines } from '../../src/text/split.ts';
import { DEADLINE_MS } from './budget.ts';
import { atDeadline } from './wait-until.ts';

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly wallMs: number;
}

export interface CliOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Without it there is no standard input. */
  readonly stdin?: string;
  /** Standard input stays open after `stdin`. */
  readonly keepStdin?: boolean;
  /** A test that hangs is a failure, not a stop of the suite. */
  readonly deadlineMs?: number;
}

export interface RunningCli {
  readonly pid: number;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  readonly done: Promise<CliResult>;
}

export const BABYSIT = join(import.meta.dirname, '../../babysit');

export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).done;
}

/** For commands that block, such as `wait`. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  // The launcher uses the Node that runs the tests.
  const env = { ...process.env, BABYSIT_NODE: process.execPath, ...options.env };
  const began = performance.now();
  const { cwd, stdin } = options;
  const child = spawn(BABYSIT, args, {
    env,
    cwd,
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  // A command that does not read all of it says why by its exit code.
  child.stdin?.on('error', () => {}).write(stdin ?? '');
  if (!options.keepStdin) child.stdin?.end();
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const done = new Promise<CliResult>((resolve, reject) => {
    const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    const takeBack = atDeadline(deadlineMs, () => {
      child.kill('SIGKILL');
      reject(
        new Error(
          `babysit ${args.join(' ')}: no end within ${deadlineMs} ms\nstdout: ${stdout}\nstderr: ${stderr}`,
        ),
      );
    });
    child.on('error', reject);
    // 'close', not 'exit': a daemon that kept the pipe open would show here.
    child.on('close', (code, signal) => {
      takeBack();
      resolve({ code, signal, stdout, stderr, wallMs: performance.now() - began });
    });
  });
  return {
    pid: child.pid ?? -1,
    stdout: () => stdout,
    stderr: () => stderr,
    kill: (signal) => {
      child.kill(signal);
    },
    done,
  };
}

export type Json = Record<string, unknown>;

/** The one JSON object that the text must be. */
export function jsonLine(text: string): Json {
  const lines = text.split('\n');
  if (lines.length !== 2 || lines[1] !== '') throw new Error(`not exactly one line: ${JSON.stringify(text)}`);
  return JSON.parse(lines[0] ?? '') as Json;
}

/** The text must be JSON objects only, one a line. */
export function jsonLines(text: string): Json[] {
  return filledLines(text).map((line) => JSON.parse(line) as Json);
}

/** The JSON objects among other lines. */
export function jsonAmong(text: string): Json[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Json);
}

export function lastJson(text: string): Json {
  const last = jsonAmong(text).at(-1);
  if (last === undefined) throw new Error(`no JSON in: ${text}`);
  return last;
}
