// What scontrol of 22.05 shows of a cluster, as checks of doctor.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { enforcementChecks, partitionChecks, readConfig } from './cluster-facts.ts';

const MAIN =
  'PartitionName=main AllowGroups=ALL Default=YES MaxTime=UNLIMITED State=UP TotalCPUs=8 TotalNodes=2 MaxMemPerNode=UNLIMITED TRES=cpu=8,mem=8000M';
const LONG = MAIN.replace('main', 'long')
  .replace('Default=YES', 'Default=NO')
  .replace('UNLIMITED', '7-00:00:00');

describe('partitionChecks', () => {
  const ROWS: readonly [
    what: string,
    text: string,
    partition: string | null,
    ok: boolean,
    reason: RegExp,
    fix: RegExp | null,
  ][] = [
    [
      'the default',
      `${MAIN}\n${LONG}\n`,
      null,
      true,
      /^main: 2 nodes, 8 cores, at most UNLIMITED a job.*others: long$/,
      null,
    ],
    ['the chosen one', `${MAIN}\n${LONG}`, 'long', true, /^long: .*at most 7-00:00:00/, null],
    [
      'an unknown one',
      MAIN,
      'nope',
      false,
      /no partition nope; it has main/,
      /config set engine\.slurm\.partition main$/,
    ],
    ['no default', LONG, null, false, /no default partition; it has long/, /partition long$/],
    [
      'one that is down',
      MAIN.replace('State=UP', 'State=DOWN'),
      null,
      false,
      /main starts no jobs: its state is DOWN/,
      /NAME$/,
    ],
  ];
  for (const [what, text, partition, ok, reason, fix] of ROWS)
    it(what, () => {
      const [check] = partitionChecks(text, { partition });
      assert.equal(check?.ok, ok);
      assert.match(check?.reason ?? '', reason);
      if (fix === null) assert.equal(check?.fix, null);
      else assert.match(check?.fix ?? '', fix);
    });
});

describe('enforcementChecks', () => {
  const found = (...lines: string[]) =>
    Object.fromEntries(
      enforcementChecks(readConfig(lines.join('\n'))).map(({ what, ok, reason }) => [
        what.replace('Slurm ', ''),
        `${ok} ${reason}`,
      ]),
    );

  it('knows cgroups, with and without the cap', () => {
    const cgroup = [
      'TaskPlugin              = task/affinity,task/cgroup',
      'ProctrackType           = proctrack/cgroup',
    ];
    const capped = found(...cgroup, 'ConstrainRAMSpace       = yes');
    assert.match(capped['memory limit'] ?? '', /^true the kernel of the node/);
    assert.match(capped['process tracking'] ?? '', /^true/);
    assert.match(found(...cgroup)['memory limit'] ?? '', /^false .*ConstrainRAMSpace/);
  });

  it('knows a cluster without cgroups and without accounting', () => {
    const bare = found(
      'TaskPlugin = task/none',
      'ProctrackType = proctrack/linuxproc',
      'JobAcctGatherParams = OverMemoryKill',
      'AccountingStorageType = accounting_storage/none',
      'MinJobAge = 300 sec',
    );
    assert.match(bare['memory limit'] ?? '', /^true .*OverMemoryKill/);
    assert.match(bare['process tracking'] ?? '', /^false .*linuxproc/);
    assert.match(bare.accounting ?? '', /^true none: Slurm forgets a job after 300 sec/);
    assert.match(found('TaskPlugin = task/none')['memory limit'] ?? '', /^false/);
  });
});
