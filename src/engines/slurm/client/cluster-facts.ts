// Reads what scontrol shows of a cluster: its partitions with their limits, and what Slurm enforces for a job. Pure.
import { counted } from '../../../core/counted.ts';
import { type Check, no, yes } from './diagnosis-check.ts';
import type { SlurmSettings } from './submission.ts';

export type ClusterConfig = ReadonlyMap<string, string>;

/** `Name   = value` of each line of `scontrol show config`. */
export function readConfig(text: string): ClusterConfig {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, key, value] = /^(\S+)\s*= (.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value.trim()] as const];
    }),
  );
}

const SHOWN_PARTITIONS = 10;

/** `text` is that of `scontrol --oneliner show partition`. */
export function partitionChecks(text: string, { partition }: Pick<SlurmSettings, 'partition'>): Check[] {
  const what = 'Slurm partitions';
  const all = text.split('\n').flatMap((line) => {
    const fields = new Map(
      [...line.matchAll(/(\w+)=(\S*)/g)].map(([, key = '', value = '']) => [key, value]),
    );
    return fields.has('PartitionName') ? [fields] : [];
  });
  const used = partition === null ? null : partition.split(',');
  const isUsed = (fields: ReadonlyMap<string, string>) =>
    used === null ? fields.get('Default') === 'YES' : used.includes(fields.get('PartitionName') ?? '');
  const chosen = all.filter(isUsed);
  const others = all.filter((fields) => !isUsed(fields)).map((fields) => fields.get('PartitionName') ?? '');
  const names = others.slice(0, SHOWN_PARTITIONS).join(', ');
  if (chosen.length === 0)
    return [
      no(
        what,
        used === null
          ? `the cluster has no default partition; it has ${names}`
          : `the cluster has no partition ${partition}; it has ${names}`,
        `Run: babysit config set engine.slurm.partition ${others[0] ?? 'NAME'}`,
      ),
    ];
  return chosen.map((fields) => {
    const name = fields.get('PartitionName') ?? '';
    const described = `${name}: ${counted(fields.get('TotalNodes') ?? '', 'node')}, ${counted(fields.get('TotalCPUs') ?? '', 'core')}, at most ${fields.get('MaxTime')} a job, memory of a node at most ${fields.get('MaxMemPerNode') ?? fields.get('MaxMemPerCPU')}`;
    return fields.get('State') === 'UP'
      ? yes(what, `${described}${others.length === 0 ? '' : `; others: ${names}`}`)
      : no(
          what,
          `${name} starts no jobs: its state is ${fields.get('State')}`,
          `Choose another one: babysit config set engine.slurm.partition ${others[0] ?? 'NAME'}`,
        );
  });
}

export function enforcementChecks(config: ClusterConfig): Check[] {
  return [memory(config), processes(config), measurements(config), accounting(config)];
}

const of = (config: ClusterConfig, key: string) => config.get(key) ?? '';

function memory(config: ClusterConfig): Check {
  const what = 'Slurm memory limit';
  // The lines of cgroup.conf are at the end of the same list.
  if (/cgroup/.test(of(config, 'TaskPlugin')))
    return /no/i.test(of(config, 'ConstrainRAMSpace') || 'no')
      ? no(
          what,
          'the nodes use cgroups, but ConstrainRAMSpace is not set, so the kernel does not cap the memory of a job',
          'Ask the administrator for ConstrainRAMSpace=yes in cgroup.conf. Until then an agent in the job samples the memory.',
        )
      : yes(what, 'the kernel of the node caps the memory of a job (task/cgroup)');
  if (/OverMemoryKill/i.test(of(config, 'JobAcctGatherParams')))
    return yes(what, 'Slurm samples the memory of a job and kills it above its limit (OverMemoryKill)');
  return no(
    what,
    'Slurm reserves memory for a job but does not enforce it',
    'Ask the administrator for TaskPlugin=task/cgroup. Until then an agent in the job samples the memory.',
  );
}

function processes(config: ClusterConfig): Check {
  const what = 'Slurm process tracking';
  const tracking = of(config, 'ProctrackType');
  return tracking === 'proctrack/cgroup'
    ? yes(what, 'every process of a job ends with it (proctrack/cgroup)')
    : no(
        what,
        `a process that leaves the tree of its job may outlive it (${tracking})`,
        'Ask the administrator for ProctrackType=proctrack/cgroup.',
      );
}

function measurements(config: ClusterConfig): Check {
  const what = 'Slurm measurements';
  const gather = of(config, 'JobAcctGatherType');
  return gather === '' || gather.endsWith('/none')
    ? yes(what, 'Slurm measures no job (JobAcctGatherType is none); its agent in the job measures')
    : yes(what, `${gather}, ${of(config, 'JobAcctGatherFrequency') || 'default interval'}`);
}

function accounting(config: ClusterConfig): Check {
  const what = 'Slurm accounting';
  const type = of(config, 'AccountingStorageType');
  const enforced = of(config, 'AccountingStorageEnforce');
  return type === 'accounting_storage/slurmdbd'
    ? yes(
        what,
        enforced === 'none' || enforced === ''
          ? 'slurmdbd, without limits'
          : `slurmdbd, enforces ${enforced}`,
      )
    : yes(
        what,
        `none: Slurm forgets a job after ${of(config, 'MinJobAge') || 'a while'}; the records on the shared directory remain`,
      );
}
