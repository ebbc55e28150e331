// Values that the settings of the Slurm engine accept, and refusals that name the setting and the reason.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SETTINGS, type SettingKey } from './settings.ts';

const read = (key: SettingKey, value: unknown) => SETTINGS[key].schema.safeParse(value);

const ACCEPTED: readonly [SettingKey, unknown, unknown][] = [
  ['engine.slurm.partition', 'auto', null],
  ['engine.slurm.partition', 'gpu,long', 'gpu,long'],
  ['engine.slurm.account', 'team-7', 'team-7'],
  ['engine.slurm.constraint', 'none', null],
  ['engine.slurm.constraint', '[rack1*2&rack2*4]', '[rack1*2&rack2*4]'],
  ['engine.slurm.constraint', 'intel&gpu|amd', 'intel&gpu|amd'],
  ['engine.slurm.conf', '/etc/slurm/slurm.conf', '/etc/slurm/slurm.conf'],
  ['engine.slurm.shared_dir', '/nfs/a b/100%', '/nfs/a b/100%'],
  ['engine.slurm.extra_flags', '--exclusive  --nice=100', ['--exclusive', '--nice=100']],
  ['engine.slurm.extra_flags', 'none', []],
  ['engine.slurm.command_timeout', '500ms', 500],
];
const REFUSED: readonly [SettingKey, unknown, RegExp][] = [
  ['engine.slurm.partition', '--wrap=id', /partition: must have only letters/],
  ['engine.slurm.qos', 'a b', /qos: must have only letters/],
  ['engine.slurm.account', '', /account: must have only letters/],
  ['engine.slurm.constraint', '-x', /constraint: must be features/],
  ['engine.slurm.conf', 'slurm.conf', /conf: must be an absolute path/],
  ['engine.slurm.shared_dir', '/a\\b', /shared_dir: must be an absolute path without a backslash/],
  [
    'engine.slurm.extra_flags',
    '--exclusive --wrap=id',
    /extra_flags: "--wrap=id" is not allowed; allowed are --contiguous/,
  ],
  ['engine.slurm.extra_flags', '--output=/x', /"--output=\/x" is not allowed/],
  ['engine.slurm.extra_flags', '-p main', /"-p" is not allowed/],
  ['engine.slurm.extra_flags', '--toString', /"--toString" is not allowed/],
  ['engine.slurm.poll_max', '0', /poll_max/],
];

describe('engine.slurm settings', () => {
  for (const [key, value, result] of ACCEPTED)
    it(`${key} accepts ${JSON.stringify(value)}`, () => assert.deepEqual(read(key, value).data, result));

  for (const [key, value, pattern] of REFUSED)
    it(`${key} refuses ${JSON.stringify(value)}`, () => {
      try {
        const { error } = read(key, value);
        assert.match(error?.issues.map(({ message }) => message).join('; ') ?? '', pattern);
      } catch (error) {
        assert.match((error as Error).message, pattern);
      }
    });
});
