// Runs one program of Slurm with a time limit, bounded output, and no environment of the user.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { BabysitError } from '../../../core/errors.ts';
import { isExecutable } from '../../../procfs/executable.ts';

export interface ProgramCall {
  readonly program: string;
  readonly args: readonly string[];
  /** Its standard input; absent: none. */
  readonly input?: string;
  /** What it reads from file descriptor 3; absent: nothing. */
  readonly variables?: string;
  /** The program is ended when it has said this on standard error: it would only ask again. Its exit code is null. */
  readonly endsAt?: RegExp;
}

export interface ProgramLimits {
  readonly limitMs: number;
  /** The path of slurm.conf; null: that of SLURM_CONF, or where Slurm looks by itself. */
  readonly conf: string | null;
  readonly env: SlurmEnv;
}

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The caller's variables: where the programs are (PATH), and which slurm.conf is meant. */
export type SlurmEnv = Readonly<Record<string, string | undefined>>;

type Streams = readonly [stdin: Writable, stdout: Readable, stderr: Readable, variables: Writable | null];

/** 100 000 jobs of 200 bytes are 20 MB. */
const STDOUT_MAX_BYTES = 64 * 1024 ** 2;
const STDERR_MAX_BYTES = 16 * 1024;

/** Rejects with `engine_unreachable` at the time limit, when the program is missing, and when its output is too long. */
export function runProgram(call: ProgramCall, { limitMs, conf, env }: ProgramLimits): Promise<ProgramResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ProgramResult>();
  const path = findProgram(call.program, env);
  if (path === null) throw notInstalled(call.program);
  const child = spawn(path, call.args, {
    cwd: '/',
    // sbatch passes its environment on to the job, and takes SBATCH_* for flags.
    env: slurmEnvironment(conf ?? env.SLURM_CONF),
    stdio: ['pipe', 'pipe', 'pipe', call.variables === undefined ? 'ignore' : 'pipe'],
  });
  child.once('error', ({ message }) => {
    reject(new BabysitError('engine_unreachable', `${call.program} cannot be started: ${message}`));
  });
  // Without a free descriptor the child has no streams.
  if (child.pid === undefined) return promise;
  const [stdin, stdout, stderr, variables] = child.stdio as unknown as Streams;
  const printed: Buffer[] = [];
  const said: Buffer[] = [];
  const give = (why: string) => {
    abandon(child);
    const last = lastLine(text(said));
    reject(new BabysitError('engine_unreachable', `${call.program} ${why}${last === '' ? '' : `: ${last}`}`));
  };
  const timer = setTimeout(() => give(`gave no answer within ${limitMs / 1000} s`), limitMs);
  collect(stdout, printed, STDOUT_MAX_BYTES, () => give('printed more than 64 MB'));
  collect(stderr, said, STDERR_MAX_BYTES, () => {});
  stderr.on('data', () => {
    if (call.endsAt?.test(text(said)) !== true) return;
    abandon(child);
    resolve({ code: null, stdout: text(printed), stderr: text(said) });
  });
  send(stdin, call.input ?? '');
  if (variables !== null) send(variables, call.variables ?? '');
  child.once('close', (code) => resolve({ code, stdout: text(printed), stderr: text(said) }));
  return promise.finally(() => clearTimeout(timer));
}

/** SLURM_TIME_FORMAT=%s prints times as seconds of the epoch, which no time zone changes. */
function slurmEnvironment(conf: string | undefined): NodeJS.ProcessEnv {
  return { SLURM_TIME_FORMAT: '%s', ...(conf === undefined ? {} : { SLURM_CONF: conf }) };
}

/** Where sites install Slurm; PATH comes first. */
const PLACES = ['/usr/bin', '/usr/local/bin', '/opt/slurm/bin', '/usr/local/slurm/bin'];

/** The path of a program of Slurm; null when it is not installed. */
export function findProgram(name: string, { PATH = '' }: SlurmEnv): string | null {
  for (const place of [...PATH.split(':'), ...PLACES])
    if (place.startsWith('/') && isExecutable(join(place, name))) return join(place, name);
  return null;
}

function notInstalled(program: string): BabysitError {
  return new BabysitError('engine_unreachable', `${program} is not installed on this host`, {
    hint: 'Install the client programs of Slurm (Debian: apt-get install slurm-client), in the version of the cluster.',
  });
}

/** Not waited for: a process in uninterruptible sleep stays after SIGKILL. */
function abandon(child: ChildProcess): void {
  child.kill('SIGKILL');
  for (const stream of child.stdio) stream?.destroy();
  child.unref();
}

function collect(stream: Readable, into: Buffer[], maxBytes: number, tooLong: () => void): void {
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    const room = maxBytes - bytes;
    if (room > 0) into.push(chunk.subarray(0, room));
    bytes += chunk.length;
    if (chunk.length > room && room > 0) tooLong();
  });
  stream.on('error', () => {});
}

/** A program may end before it has read everything. */
function send(stream: Writable, content: string): void {
  stream.on('error', () => {});
  stream.end(content);
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}

function lastLine(said: string): string {
  return said.trim().split('\n').at(-1) ?? '';
}
