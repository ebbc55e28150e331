// A Slurm cluster for tests: munged, slurmctld and two slurmd as children of the test, on free ports, in a directory of its own.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DEADLINE_MS } from '../budget.ts';
import { type Cleanup, tempDir } from '../temp-dir.ts';
import { waitUntil } from '../wait-until.ts';

export type Part = 'munged' | 'slurmctld' | 'n1' | 'n2';

export interface Cluster {
  /** Removed at the end; jobs may write into it. */
  readonly dir: string;
  /** The path of slurm.conf. */
  readonly conf: string;
  /** For programs of Slurm: with SLURM_CONF. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs a program of Slurm; returns its standard output. */
  slurm(program: string, ...args: readonly string[]): Promise<string>;
  stop(part: Part, signal?: NodeJS.Signals): Promise<void>;
  /** Resolves when it serves. */
  start(part: Part): Promise<void>;
}

export interface ClusterOptions {
  readonly cpus?: number;
  readonly memMb?: number;
  /** More lines of slurm.conf. */
  readonly lines?: readonly string[];
}

const NEEDED = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scancel', 'scontrol', 'sstat'];
const SBIN = ['/usr/sbin', '/sbin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/local/bin'];
const NODES = ['n1', 'n2'] as const;

/** What a test without Slurm skips for; false where every program is installed. */
export const NO_SLURM: string | false = (() => {
  const missing = NEEDED.filter((name) => findIn(SBIN, name) === null);
  return missing.length === 0
    ? false
    : `needs Slurm (Debian: slurmctld slurmd slurm-client munge); missing: ${missing.join(', ')}`;
})();

/** Stopped with its jobs when the test, the suite or the file has ended. */
export async function startCluster(t: Cleanup, options: ClusterOptions = {}): Promise<Cluster> {
  const running = new Map<Part, ChildProcess>();
  const dir = tempDir(t, () => stopAll());
  for (const each of ['munge', 'state', ...NODES]) mkdirSync(join(dir, each));
  const conf = join(dir, 'slurm.conf');
  writeFileSync(join(dir, 'munge.key'), randomBytes(1024), { mode: 0o600 });
  writeFileSync(conf, await configText(dir, options));
  const env = { ...process.env, SLURM_CONF: conf };
  const run = promisify(execFile);
  const slurm = async (program: string, ...args: readonly string[]) =>
    (await run(findIn(SBIN, program) ?? program, args, { env, timeout: DEADLINE_MS })).stdout;

  const begin = (part: Part) => {
    const log = openSync(join(dir, `${part}.log`), 'a');
    const [program = '', ...args] = wordsOf(part, dir, conf);
    const child = spawn(findIn(SBIN, program) ?? program, args, { env, stdio: ['ignore', log, log] });
    running.set(part, child);
  };
  const stop = async (part: Part, signal: NodeJS.Signals = 'SIGTERM') => {
    const child = running.get(part);
    running.delete(part);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  const serves = async (part: Part): Promise<boolean> => {
    switch (part) {
      case 'munged':
        return existsSync(socketOf(dir));
      case 'slurmctld':
        return /is UP/.test(await slurm('scontrol', 'ping').catch(() => ''));
      case 'n1':
      case 'n2':
        return /State=(IDLE|MIXED|ALLOCATED)(?!\*)/.test(await slurm('scontrol', 'show', 'node', part));
    }
  };
  const start = async (part: Part) => {
    begin(part);
    await waitUntil(() => serves(part), { what: `${part} to serve: ${logTail(dir, part)}` });
  };
  /** Only slurmd ends what its jobs have started. */
  async function stopAll(): Promise<void> {
    try {
      if (!running.has('munged')) await start('munged');
      if (!running.has('slurmctld')) await start('slurmctld');
      await slurm('scancel', '--batch', '--signal=KILL', `--user=${userInfo().username}`);
      await slurm('scancel', `--user=${userInfo().username}`);
      await waitUntil(async () => (await slurm('squeue', '--noheader')) === '', { what: 'jobs to end' });
    } finally {
      for (const part of [...running.keys()].reverse()) await stop(part, 'SIGKILL');
    }
  }

  for (const part of ['munged', 'slurmctld'] as const) await start(part);
  for (const node of NODES) begin(node);
  for (const node of NODES) await waitUntil(() => serves(node), { what: `${node} to serve` });
  return { dir, conf, env, slurm, stop, start };
}

function wordsOf(part: Part, dir: string, conf: string): string[] {
  switch (part) {
    case 'munged':
      return [
        'munged',
        '--foreground',
        // It refuses a socket below a directory that other users cannot enter.
        '--force',
        `--key-file=${join(dir, 'munge.key')}`,
        `--socket=${socketOf(dir)}`,
        `--pid-file=${join(dir, 'munge/munged.pid')}`,
        `--log-file=${join(dir, 'munge/munged.log')}`,
        `--seed-file=${join(dir, 'munge/munged.seed')}`,
      ];
    case 'slurmctld':
      return ['slurmctld', '-D', '-f', conf];
    case 'n1':
    case 'n2':
      return ['slurmd', '-D', '-N', part, '-f', conf];
  }
}

const socketOf = (dir: string) => join(dir, 'munge/socket');

/** Two nodes on one host, without cgroups: proctrack/linuxproc, and the accounting plugin ends jobs over their memory. */
async function configText(
  dir: string,
  { cpus = 8, memMb = 8000, lines = [] }: ClusterOptions,
): Promise<string> {
  const [controller, ...ports] = await freePorts(1 + NODES.length);
  const user = userInfo().username;
  return [
    'ClusterName=test',
    'SlurmctldHost=localhost',
    `SlurmctldPort=${controller}`,
    `SlurmUser=${user}`,
    `SlurmdUser=${user}`,
    'AuthType=auth/munge',
    'CredType=cred/munge',
    `AuthInfo=socket=${socketOf(dir)},cred_expire=5`,
    'CommunicationParameters=NoInAddrAny,NoCtldInAddrAny',
    'SlurmdParameters=config_overrides',
    `StateSaveLocation=${join(dir, 'state')}`,
    `SlurmdSpoolDir=${dir}/%n`,
    `SlurmctldPidFile=${dir}/slurmctld.pid`,
    `SlurmdPidFile=${dir}/slurmd-%n.pid`,
    'MailProg=/bin/true',
    'MpiDefault=none',
    'ProctrackType=proctrack/linuxproc',
    'TaskPlugin=task/none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_Core_Memory',
    'DefMemPerCPU=100',
    'EnforcePartLimits=ALL',
    'JobAcctGatherType=jobacct_gather/linux',
    'JobAcctGatherFrequency=task=1',
    'JobAcctGatherParams=OverMemoryKill',
    'ReturnToService=2',
    'SlurmdTimeout=30',
    'MessageTimeout=5',
    'KillWait=2',
    'MinJobAge=300',
    'SchedulerType=sched/backfill',
    'SchedulerParameters=bf_interval=1',
    ...NODES.map(
      (node, at) =>
        `NodeName=${node} NodeHostname=localhost NodeAddr=127.0.0.1 Port=${ports[at]} CPUs=${cpus} RealMemory=${memMb} State=UNKNOWN`,
    ),
    `PartitionName=main Nodes=${NODES.join(',')} Default=YES DefaultTime=60 MaxTime=2-0 State=UP`,
    ...lines,
    '',
  ].join('\n');
}

/** All are open at the same time, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  for (const server of servers) server.close();
  return ports;
}

function logTail(dir: string, part: Part): string {
  const path = join(dir, `${part}.log`);
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-500) : '';
}

function findIn(places: readonly string[], name: string): string | null {
  return places.map((place) => join(place, name)).find((path) => existsSync(path)) ?? null;
}
