// The only code that calls the programs of Slurm: sbatch, squeue, scancel and scontrol.
import { BabysitError } from '../../../core/errors.ts';
import { readConfig } from './cluster-facts.ts';
import {
  JOB_FORMAT,
  parseExpectedStart,
  parseJobs,
  parseStarts,
  type SlurmJob,
  START_FORMAT,
  timeOf,
} from './job-rows.ts';
import { openLane } from './lane.ts';
import { type ProgramResult, runProgram, type SlurmEnv } from './program.ts';
import { refusalOf, unreachableOf } from './refusal.ts';
import type { SlurmSettings, Submission } from './submission.ts';
import { mebibytes, minutes, submitArgs, submittedScript, variablesText } from './submission.ts';

export type { SlurmJob } from './job-rows.ts';
export type { SlurmSettings, Submission } from './submission.ts';

/**
 * Every method rejects with BabysitError. `engine_unreachable`: no answer within the time limit, so a submission may have
 * happened; look for its comment before it is sent again.
 */
export interface SlurmClient {
  /** Returns the id of the job. */
  submit(submission: Submission): Promise<string>;
  /** The expected start in epoch ms if it were submitted now; null when Slurm names none. */
  testOnly(submission: Submission): Promise<number | null>;
  /** The expected starts of those that are pending and have one, in epoch ms. */
  expectedStarts(ids: readonly string[]): Promise<Map<string, number>>;
  /** Also ended ones until Slurm forgets them (MinJobAge); unknown ids are left out. There may be rows of other jobs. */
  jobs(ids: readonly string[]): Promise<SlurmJob[]>;
  /** Every job of this user. */
  ownJobs(): Promise<SlurmJob[]>;
  /** The start of slurmctld by its own clock, in epoch ms; null when it does not say. */
  bootedAt(): Promise<number | null>;
  /** Ends every process of the job at once, and cancels a pending one. Does nothing for an ended or unknown job. */
  kill(id: string): Promise<void>;
  /** Does nothing for ended and unknown jobs. */
  cancel(ids: readonly string[]): Promise<void>;
  suspend(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Slurm changes memory and CPUs only while the job is pending. */
  update(id: string, change: JobChange): Promise<void>;
}

export interface JobChange {
  readonly timeLimitMs?: number;
  readonly memBytes?: number;
  readonly cpus?: number;
}

/** A submission costs slurmctld more than a question; a kill must not wait for a thousand of them. */
export const SUBMIT_AT_ONCE = 4;
const OTHERS_AT_ONCE = 4;
/** One argument may have 128 KiB (MAX_ARG_STRLEN of Linux). */
const IDS_MAX_CHARS = 100_000;

interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly input?: string;
  readonly variables?: string;
  readonly endsAt?: RegExp;
}

/** `settings` is read at each call. */
export function openSlurmClient(settings: () => SlurmSettings, env: SlurmEnv): SlurmClient {
  const submissions = openLane(SUBMIT_AT_ONCE);
  const others = openLane(OTHERS_AT_ONCE);
  const run = (call: Call, lane = others): Promise<ProgramResult> =>
    lane.run(async () => {
      const { commandTimeoutMs, conf } = settings();
      const result = await runProgram(call, { limitMs: commandTimeoutMs, conf, env });
      const unreachable = unreachableOf(call.program, result);
      if (unreachable !== null) throw unreachable;
      return result;
    });
  /** Returns standard output. */
  const need = async (call: Call, lane = others): Promise<string> => {
    const result = await run(call, lane);
    if (result.code !== 0) throw refusalOf(call.program, result.stderr);
    return result.stdout;
  };
  const squeue = async (args: readonly string[]) =>
    need({ program: 'squeue', args: ['--noheader', '--array', ...args] });
  const sbatch = (one: Submission, flags: readonly string[]) => ({
    program: 'sbatch',
    args: [...flags, ...submitArgs(one, settings())],
    input: submittedScript(one),
    endsAt: QUEUE_IS_FULL,
  });
  const scancel = async (args: readonly string[]): Promise<void> => {
    const result = await run({ program: 'scancel', args });
    if (result.code !== 0 && !IS_GONE.test(result.stderr)) throw refusalOf('scancel', result.stderr);
  };

  return {
    async submit(one) {
      // --export-file takes NAME=VALUE separated by NUL. A descriptor keeps secrets off the disk and users' variables out of sbatch.
      const call = sbatch(one, ['--parsable', '--export-file=3']);
      const answer = await need({ ...call, variables: variablesText(one.environment) }, submissions);
      const id = /^(\d+)(;|$)/m.exec(answer)?.[1];
      if (id === undefined)
        throw new BabysitError('engine_refused', `sbatch printed no job id: ${answer.slice(0, 200)}`);
      return id;
    },

    async testOnly(one) {
      const result = await run(sbatch(one, ['--test-only']));
      if (result.code !== 0) throw refusalOf('sbatch', result.stderr);
      return parseExpectedStart(result.stderr);
    },

    async expectedStarts(ids) {
      if (ids.length === 0) return new Map();
      return parseStarts(await squeue(['--states=PENDING', ...idArgs(ids), `--Format=${START_FORMAT}`]));
    },

    async jobs(ids) {
      if (ids.length === 0) return [];
      return parseJobs(await squeue(['--states=all', ...idArgs(ids), `--Format=${JOB_FORMAT}`]));
    },

    ownJobs: async () => parseJobs(await squeue(['--states=all', '--me', `--Format=${JOB_FORMAT}`])),

    async bootedAt() {
      const { stdout } = await run({ program: 'scontrol', args: ['show', 'config'] });
      return timeOf(readConfig(stdout).get('BOOT_TIME'));
    },

    async kill(id) {
      // Alone, scancel sends SIGTERM first and SIGKILL after KillWait, which is 30 s by default.
      await scancel(['--batch', '--signal=KILL', checkedId(id)]);
      await scancel([checkedId(id)]);
    },

    cancel: (ids) => scancel(ids.map(checkedId)),
    suspend: async (id) => void (await need({ program: 'scontrol', args: ['suspend', checkedId(id)] })),
    resume: async (id) => void (await need({ program: 'scontrol', args: ['resume', checkedId(id)] })),

    async update(id, change) {
      const words = changeWords(change);
      if (words.length > 0)
        await need({ program: 'scontrol', args: ['update', `JobId=${checkedId(id)}`, ...words] });
    },
  };
}

/** sbatch asks again for two minutes (22.05). */
const QUEUE_IS_FULL = /temporarily unable to accept job/i;

/** An ended job, or one that Slurm has forgotten. */
const IS_GONE = /Invalid job id specified|already completing or completed|already finished/i;

/** squeue exits with 1 for one unknown id, and leaves unknown ones out when there are two or more (22.05). */
function idArgs(ids: readonly string[]): string[] {
  // The id of an array gives all its elements.
  const jobs = [...new Set(ids.map((id) => checkedId(id).split('_')[0] ?? ''))];
  const list = [...jobs, ...jobs.slice(0, jobs.length === 1 ? 1 : 0)].join(',');
  return list.length <= IDS_MAX_CHARS ? [`--jobs=${list}`] : ['--me'];
}

/** `12`, or `12_3` for an element of an array. Nothing else may become an argument. */
function checkedId(id: string): string {
  if (/^\d+(_\d+)?$/.test(id)) return id;
  throw new BabysitError('internal', `"${id}" is not the id of a Slurm job`);
}

function changeWords({ timeLimitMs, memBytes, cpus }: JobChange): string[] {
  return [
    ...(timeLimitMs === undefined ? [] : [`TimeLimit=${minutes(timeLimitMs)}`]),
    ...(memBytes === undefined ? [] : [`MinMemoryNode=${mebibytes(memBytes)}`]),
    ...(cpus === undefined ? [] : [`NumCPUs=${cpus}`, `CPUsPerTask=${cpus}`]),
  ];
}
