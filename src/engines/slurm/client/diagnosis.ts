// The checks of `babysit doctor` for a Slurm cluster: programs, controller, partitions, shared directory, and what is enforced.
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BabysitError } from '../../../core/errors.ts';
import { shellQuote } from '../../../text/shell.ts';
import { enforcementChecks, partitionChecks, readConfig } from './cluster-facts.ts';
import { type Check, no, yes } from './diagnosis-check.ts';
import { type JobEnd, readJob } from './job-state.ts';
import { findProgram, runProgram, type SlurmEnv } from './program.ts';
import { refusalOf, unreachableOf } from './refusal.ts';
import { openSlurmClient } from './slurm-client.ts';
import type { SlurmSettings } from './submission.ts';

export interface DiagnosisDeps {
  readonly settings: SlurmSettings;
  readonly env: SlurmEnv;
  /** Where jobs write their records. */
  readonly sharedDir: string;
  /** Makes the names of the probe unique. */
  readonly token: string;
}

const PROGRAMS = ['sbatch', 'squeue', 'scancel', 'scontrol'];
/** A free node starts a job within the interval of the scheduler, which is 30 s by default with backfill only. */
const PROBE_WAIT_MS = 15_000;
const PROBE_LOOK_MS = 200;
const CANNOT_SEE = 3;
const CANNOT_WRITE = 4;

/** Each check needs the ones before it, so the first that fails may be the last. */
export async function diagnoseSlurm(deps: DiagnosisDeps): Promise<Check[]> {
  const missing = PROGRAMS.filter((name) => findProgram(name, deps.env) === null);
  if (missing.length > 0)
    return [
      no(
        'Slurm programs',
        `not found on this host: ${missing.join(', ')}`,
        'Install the client programs of Slurm in the version of the cluster (Debian: apt-get install slurm-client).',
      ),
    ];
  const checks: Check[] = [];
  try {
    const version = (await ask(deps, 'sbatch', '--version')).trim();
    checks.push(yes('Slurm programs', version));
    const config = readConfig(await ask(deps, 'scontrol', 'show', 'config'));
    checks.push(controllerCheck(version, config.get('SLURM_VERSION') ?? 'an unknown version'));
    checks.push(
      ...partitionChecks(await ask(deps, 'scontrol', '--oneliner', 'show', 'partition'), deps.settings),
    );
    checks.push(...enforcementChecks(config));
    checks.push(await sharedDirectory(deps));
  } catch (error) {
    if (!(error instanceof BabysitError)) throw error;
    checks.push(no('Slurm controller', error.message, error.hint));
  }
  return checks;
}

async function ask({ settings, env }: DiagnosisDeps, program: string, ...args: string[]): Promise<string> {
  const limits = { limitMs: settings.commandTimeoutMs, conf: settings.conf, env };
  const result = await runProgram({ program, args }, limits);
  const unreachable = unreachableOf(program, result);
  if (unreachable !== null) throw unreachable;
  if (result.code !== 0) throw refusalOf(program, result.stderr);
  return result.stdout;
}

/** Slurm serves clients of its own version and of the two before it. */
function controllerCheck(client: string, controller: string): Check {
  const what = 'Slurm controller';
  return majorOf(client) > majorOf(controller)
    ? no(
        what,
        `it runs Slurm ${controller}, which is older than the programs on this host`,
        'Install the client programs of Slurm in the version of the cluster.',
      )
    : yes(what, `answers, Slurm ${controller}`);
}

/** `slurm-wlm 22.05.8` -> 2205 */
function majorOf(version: string): number {
  const [, year, month] = /(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(year ?? 0) * 100 + Number(month ?? 0);
}

/** A job of a second reads a file that this host has written, and writes one that this host reads. */
async function sharedDirectory({ settings, env, sharedDir, token }: DiagnosisDeps): Promise<Check> {
  const what = 'Slurm shared directory';
  const dir = join(sharedDir, `doctor-${token}`);
  const client = openSlurmClient(() => settings, env);
  const comment = `babysit-doctor:${token}`;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if ((statSync(sharedDir).mode & 0o022) !== 0)
      return no(
        what,
        `other users may write to ${sharedDir}, so they may change what jobs run`,
        `Run: chmod go-w ${shellQuote(sharedDir)}`,
      );
    writeFileSync(join(dir, 'seen'), '');
    const began = performance.now();
    const id = await client.submit({
      name: 'babysit-doctor',
      comment,
      script: `[ -e ${shellQuote(join(dir, 'seen'))} ] || exit ${CANNOT_SEE}\n: >${shellQuote(join(dir, 'written'))} || exit ${CANNOT_WRITE}\n`,
      cwd: '/',
      environment: {},
      outputPath: '/dev/null',
      timeLimitMs: 60_000,
      memBytes: 32 * 1024 ** 2,
      cpus: 1,
      gpus: 0,
      licenses: [],
      after: [],
      elements: null,
    });
    while (performance.now() - began < PROBE_WAIT_MS) {
      const [job] = await client.jobs([id]);
      const reading = job === undefined ? null : readJob(job);
      if (job !== undefined && reading?.kind === 'ended')
        return probeVerdict(reading.end, job.nodes, sharedDir, performance.now() - began);
      await delay(PROBE_LOOK_MS);
    }
    const [job] = await client.jobs([id]);
    if (job?.comment === comment) await client.cancel([id]);
    const reading = job === undefined ? null : readJob(job);
    return no(
      what,
      `not checked: the probe job did not end within ${PROBE_WAIT_MS / 1000} s${reading?.kind === 'pending' ? `; it waits for ${reading.waitingFor}` : ''}`,
      'Run babysit doctor again when the partition has a free node.',
    );
  } catch (error) {
    if (error instanceof BabysitError)
      return no(what, `the probe job was refused: ${error.message}`, error.hint);
    return no(
      what,
      `${sharedDir} cannot be used: ${(error as Error).message}`,
      'Set engine.slurm.shared_dir to a directory of yours that all nodes mount.',
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function probeVerdict(end: JobEnd, node: string, sharedDir: string, tookMs: number): Check {
  const what = 'Slurm shared directory';
  const code = end.kind === 'exited' ? end.code : null;
  if (code === 0)
    return yes(
      what,
      `node ${node} reads and writes ${sharedDir}; a job of no work took ${(tookMs / 1000).toFixed(1)} s`,
    );
  if (code === CANNOT_SEE || code === CANNOT_WRITE)
    return no(
      what,
      `node ${node} ${code === CANNOT_SEE ? 'does not see' : 'cannot write to'} ${sharedDir}`,
      'Set engine.slurm.shared_dir to a directory of yours that this host and all nodes mount, then run: babysit daemon-restart',
    );
  return no(
    what,
    `the probe job on node ${node} ended in another way: ${JSON.stringify(end)}`,
    'Run a job by hand: sbatch --wrap=true',
  );
}
