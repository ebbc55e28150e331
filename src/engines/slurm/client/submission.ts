// The arguments, the script and the environment of sbatch for one job. Pure.
import { BabysitError } from '../../../core/errors.ts';
import { shellQuote } from '../../../text/shell.ts';

export interface Submission {
  readonly name: string;
  /** Identifies the job: `ownJobs` finds it again by this. */
  readonly comment: string;
  /** Text of the batch script, for a POSIX shell. */
  readonly script: string;
  /** An absolute path that must exist on the node: the script ends with 125 where it does not. */
  readonly cwd: string;
  /** All variables of the job apart from those that Slurm sets. */
  readonly environment: Readonly<Record<string, string>>;
  /** An absolute path; the elements of an array append `.` and their index. */
  readonly outputPath: string;
  /** Infinity: no limit. */
  readonly timeLimitMs: number;
  readonly memBytes: number;
  readonly cpus: number;
  readonly gpus: number;
  /** `name`, or `name:count`. */
  readonly licenses: readonly string[];
  readonly after: readonly {
    readonly id: string;
    readonly kind: 'afterok' | 'afterany' | 'afternotok';
  }[];
  /** Indices of the elements of an array, in ascending order; null: one job. */
  readonly elements: readonly number[] | null;
}

/** The settings `engine.slurm.*` that the client needs. Null: what Slurm chooses. */
export interface SlurmSettings {
  readonly conf: string | null;
  readonly partition: string | null;
  readonly account: string | null;
  readonly qos: string | null;
  readonly constraint: string | null;
  /** Words such as `--exclusive`, checked by the settings. */
  readonly extraFlags: readonly string[];
  readonly commandTimeoutMs: number;
}

/** Every text of a user is the value of one flag, so that it cannot become a flag of its own. */
export function submitArgs(job: Submission, settings: SlurmSettings): string[] {
  const { partition, account, qos, constraint, extraFlags } = settings;
  return [
    // A second run is a new attempt, which the daemon starts.
    '--no-requeue',
    '--nodes=1',
    '--ntasks=1',
    '--input=/dev/null',
    `--job-name=${oneLine(job.name)}`,
    `--comment=${oneLine(job.comment)}`,
    `--chdir=${oneLine(job.cwd)}`,
    `--output=${outputPattern(job)}`,
    `--time=${minutes(job.timeLimitMs)}`,
    `--mem=${mebibytes(job.memBytes)}M`,
    `--cpus-per-task=${Math.max(1, Math.ceil(job.cpus))}`,
    ...(job.gpus > 0 ? [`--gres=gpu:${job.gpus}`] : []),
    ...(job.licenses.length > 0 ? [`--licenses=${job.licenses.map(licenseName).join(',')}`] : []),
    ...dependencyArgs(job.after),
    ...(job.elements === null ? [] : [`--array=${rangesOf(job.elements)}`]),
    ...(partition === null ? [] : [`--partition=${partition}`]),
    ...(account === null ? [] : [`--account=${account}`]),
    ...(qos === null ? [] : [`--qos=${qos}`]),
    ...(constraint === null ? [] : [`--constraint=${constraint}`]),
    ...extraFlags,
  ];
}

/** Slurm counts whole minutes, and 0 means no limit. */
export function minutes(ms: number): string {
  return Number.isFinite(ms) ? String(Math.max(1, Math.ceil(ms / 60_000))) : 'UNLIMITED';
}

/** Slurm counts whole MiB, and 0 means all memory of the node. */
export function mebibytes(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1024 ** 2));
}

/**
 * One line after `#!` enters the directory: where it is missing, Slurm runs the script in /tmp and calls it a success. The line
 * is also the first command, at which sbatch stops to read `#SBATCH` lines as flags.
 */
export function submittedScript({ script, cwd }: Submission): string {
  const [first = '', ...rest] = script.split('\n');
  const [shebang, body] = first.startsWith('#!') ? [first, rest] : ['#!/bin/sh', [first, ...rest]];
  const missing = shellQuote(`babysit: cannot enter the working directory on this node: ${cwd}`);
  const enter = `cd -- ${shellQuote(cwd)} || { printf '%s\\n' ${missing} >&2; exit ${NO_CWD_EXIT}; }`;
  return [shebang, enter, ...body].join('\n');
}

/** As of `exec`: the command itself did not run. */
export const NO_CWD_EXIT = 125;

/** What `--export-file` reads. */
export function variablesText(environment: Submission['environment']): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${value}\0`)
    .join('');
}

/** `0-2,5` */
function rangesOf(elements: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const index of elements) {
    const last = ranges.at(-1);
    if (last?.to === index - 1) last.to = index;
    else ranges.push({ from: index, to: index });
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

function dependencyArgs(after: Submission['after']): string[] {
  if (after.length === 0) return [];
  const terms = after.map(({ id, kind }) => `${kind}:${id}`);
  // Without it a job whose dependency failed stays pending without a limit.
  return [`--dependency=${terms.join(',')}`, '--kill-on-invalid-dep=yes'];
}

/** `%` begins a pattern of Slurm, and a backslash turns patterns off. */
function outputPattern({ outputPath, elements }: Submission): string {
  if (/\\|\p{Cc}/u.test(outputPath))
    throw new BabysitError(
      'usage',
      `Slurm cannot write to "${oneLine(outputPath)}": the path has a backslash or a control character`,
      { hint: 'Choose another directory: set engine.slurm.shared_dir, or move the state directory.' },
    );
  return `${outputPath.replaceAll('%', '%%')}${elements === null ? '' : '.%a'}`;
}

function licenseName(name: string): string {
  if (/^[\w.@-]+(:\d+)?$/.test(name)) return name;
  throw new BabysitError('usage', `"${name}" is not the name of a license of Slurm`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}
