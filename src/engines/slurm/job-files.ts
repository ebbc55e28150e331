// The files of an attempt that its job reads: the shared supervisor, and the launch script with the environment.
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Launch, launchScript } from '../../exec/launch-script.ts';
import { SUPERVISOR } from '../../exec/spawner.ts';
import { NotARegularFile, openRegular, replaceFile, writeNew } from '../../files/regular-file.ts';
import { bytesOf } from '../../text/bytes.ts';
import { shellQuote } from '../../text/shell.ts';

const JOB = readFileSync(join(import.meta.dirname, 'job.sh'), 'utf8');

/** The exit code of a job script that cannot read the shared directory. */
export const NOT_SHARED = 91;

export interface SharedFiles {
  /** Sourced by the file of each attempt. */
  readonly supervisor: string;
  /** See job.sh. */
  readonly bell: string;
}

/** Writes the files that all jobs use. `tasksDir` is on the shared file system. */
export function writeSharedFiles(tasksDir: string): SharedFiles {
  const text = `${SUPERVISOR}\n${JOB}`;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  // Jobs of an earlier version still read theirs.
  const supervisor = join(tasksDir, `.supervisor-${hash}.sh`);
  const bell = join(tasksDir, '.bell');
  mkdirSync(tasksDir, { recursive: true, mode: 0o700 });
  replaceFile(supervisor, text);
  makeBell(bell);
  return { supervisor, bell };
}

/** Jobs that run keep the one that is there. */
function makeBell(path: string): void {
  try {
    closeSync(openRegular(path, 'append_own'));
  } catch (error) {
    if (!(error instanceof NotARegularFile)) throw error;
    writeNew(path, '');
  }
}

/** The file of the attempt holds its environment, so the job overwrites it when it begins. */
export function writeJobFile(launch: Launch, taskId: string, { supervisor, bell }: SharedFiles): void {
  const { dir, log, tools } = launch;
  mkdirSync(dirname(dir), { recursive: true, mode: 0o700 });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const script = launchScript(onNode(launch));
  const variables = {
    dir,
    bell,
    task: taskId,
    log_max: String(log.maxBytes),
    log_keep: String(log.keep),
    tools: tools.path,
    launch_at: '0',
    request: script,
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${shellQuote(value)}`);
  const text = [...lines, `. ${shellQuote(supervisor)} && run_job`, ''].join('\n');
  // An earlier attempt may have made a FIFO of this name.
  writeNew(jobFile(dir), bytesOf(text));
}

export function removeJobFile(dir: string): void {
  rmSync(jobFile(dir), { force: true });
}

/** The text that sbatch reads: the same for every attempt but for the path. */
export function jobScript(dir: string): string {
  return scriptOf(`job=${shellQuote(jobFile(dir))}`);
}

/** `list` has a line for each element: the path of its attempt below `tasksDir`. */
export function arrayScript(list: string, tasksDir: string): string {
  return scriptOf(
    `job=${shellQuote(list)}`,
    `[ ! -r "$job" ] || { mapfile -t -s "$SLURM_ARRAY_TASK_ID" -n 1 job <"$job" && job=${shellQuote(tasksDir)}/$job.job; }`,
  );
}

function scriptOf(...lines: readonly string[]): string {
  return [
    '#!/bin/bash',
    ...lines,
    `[ -r "$job" ] || { echo "babysit: node $HOSTNAME cannot read $job" >&2; exit ${NOT_SHARED}; }`,
    '. "$job"',
    '',
  ].join('\n');
}

const jobFile = (dir: string) => `${dir}.job`;

/** Slurm gives the job its CPUs and starts it with niceness 0. A job inside another one has variables of its own. */
function onNode(launch: Launch): Launch {
  const env = Object.fromEntries(Object.entries(launch.env).filter(([name]) => !OF_SLURM.test(name)));
  return {
    ...launch,
    env,
    inherited: { ...launch.inherited, cpus: null },
    tools: { ...launch.tools, spawnerNice: 0 },
  };
}

const OF_SLURM = /^(SLURMD?|SBATCH|SALLOC|SRUN)_/;
