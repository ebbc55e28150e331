// Settings from the environment, the file and the defaults, in this order; and refusals.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { GIB, MIB } from '../../test/support/build/build-task.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { BabysitError } from '../core/errors.ts';
import { envName, loadConfig } from './load.ts';
import { SETTING_KEYS, SETTINGS } from './settings.ts';

const dir = tempDir({ after });
let count = 0;

function fileOf(content: string | object): string {
  count += 1;
  const path = join(dir, `${count}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function refuses(path: string, env: Record<string, string>, ...parts: readonly string[]): void {
  assert.throws(
    () => loadConfig(path, env),
    (error) => {
      assert.ok(error instanceof BabysitError && error.code === 'usage', String(error));
      for (const part of parts)
        assert.ok(error.message.includes(part), `"${part}" is missing in: ${error.message}`);
      return true;
    },
  );
}

describe('loadConfig', () => {
  it('has the documented defaults without file and environment', () => {
    const { config, sources } = loadConfig(join(dir, 'absent.json'), {});
    assert.deepEqual(
      { ...config },
      {
        'admission.when_full': 'deny',
        'admission.max_sys_mem_pct': 70,
        'admission.memory_reserve': null,
        'admission.max_babysit_cpu_pct': 90,
        'admission.count_outside_cpu': true,
        'admission.max_running': 256,
        'admission.max_pending': 100_000,
        'admission.min_free_disk': 64 * MIB,
        'admission.max_pending_per_owner': 0,
        'admission.max_submissions_per_second': 0,
        'scheduler.ageing_interval': 3_600_000,
        'scheduler.use_half_life': 86_400_000,
        'scheduler.backfill': 'easy',
        'scheduler.express_starts': 2,
        'estimates.mode': 'declared',
        'scheduler.learned': 'order',
        'defaults.estimated_time': 600_000,
        'defaults.estimated_mem_bytes': 4 * GIB,
        'defaults.estimated_cpu_cores': 4,
        'defaults.observability_interval': 300_000,
        'defaults.mem_pct_limit': 40,
        'defaults.cpu_pct_limit': 90,
        'defaults.lease_ttl': 60_000,
        'defaults.retry_backoff': 5_000,
        'defaults.stop': 'signal',
        'engine.slurm.conf': null,
        'engine.slurm.shared_dir': null,
        'engine.slurm.partition': null,
        'engine.slurm.account': null,
        'engine.slurm.qos': null,
        'engine.slurm.constraint': null,
        'engine.slurm.extra_flags': [],
        'engine.slurm.suspend': false,
        'engine.slurm.command_timeout': 10_000,
        'engine.slurm.poll_min': 1000,
        'engine.slurm.poll_max': 15_000,
        'envelope.driver': 'auto',
        'envelope.pids_max': 4096,
        'envelope.cpu_weight': 50,
        'envelope.nice': 10,
        'envelope.oom_score_adj': 500,
        'watchdog.monitor_interval': 1000,
        'watchdog.tolerance_window': 30_000,
        'watchdog.pids_window': 5000,
        'watchdog.pressure_window': 30_000,
        'watchdog.reserve_window': 2_000,
        'watchdog.hold_window': 30_000,
        'watchdog.pressure_cooldown': 30_000,
        'watchdog.max_mem_stall_pct': 60,
        'watchdog.max_sys_cpu_pct': 95,
        'watchdog.max_sys_disk_pct': 98,
        'watchdog.dry_run': false,
        'watchdog.stop_grace': 60_000,
        'watchdog.kill_grace': 10_000,
        'retention.schedule': '17 4 * * *',
        'retention.older_than': 30 * 86_400_000,
        'log.max_size': 50 * MIB,
        'log.daily': true,
        'log.keep': 5,
        'api.max_body': 8 * MIB,
        'api.max_connections': 4096,
        'api.observe_only_socket': false,
        'dashboard.idle_timeout': 600_000,
        'agents.may_force': false,
        'agents.may_config': false,
        'agents.may_profile': false,
        'agents.may_hold': false,
        'agents.may_kill_others': false,
        'agents.may_uninstall_hooks': false,
        'agents.may_stop_daemon': false,
        'agents.may_bypass': false,
        'hooks.route': 'advise',
        'profile.start': 'normal',
        'profile.day.at': 'off',
        'profile.day.cpu_pct': 50,
        'profile.day.mem_pct': 60,
        'profile.day.cpu_weight': 20,
        'profile.day.cpu_idle': 'off',
        'profile.day.nice': 15,
        'profile.day.threads': 1,
        'profile.night.at': 'off',
        'profile.night.cpu_pct': 100,
        'profile.night.mem_pct': 90,
        'profile.night.cpu_weight': 100,
        'profile.night.nice': 5,
        'log.journal': false,
        'log.level': 'info',
        'engine.default': 'local',
        'engine.auto_projects': [],
        'engine.auto_margin': 60_000,
        'engine.requeue_max': 10,
        'notify.targets': [],
      },
    );
    assert.deepEqual(new Set(Object.values(sources)), new Set(['default']));
  });

  it('takes the environment before the file before the default, and keeps the source', () => {
    const path = fileOf({ admission: { max_running: 7, max_pending: 8 } });
    const { config, sources, written } = loadConfig(path, { BABYSIT_ADMISSION_MAX_RUNNING: '9' });
    assert.equal(config['admission.max_running'], 9);
    assert.equal(config['admission.max_pending'], 8);
    assert.equal(sources['admission.max_running'], 'env');
    assert.equal(sources['admission.max_pending'], 'file');
    assert.equal(sources['admission.max_sys_mem_pct'], 'default');
    assert.equal(written['admission.max_running'], '9');
  });

  for (const [what, content] of [
    ['nested', { watchdog: { kill_grace: '3s' }, defaults: { estimated_mem_bytes: '2GiB' } }],
    ['dotted', { 'watchdog.kill_grace': 3, 'defaults.estimated_mem_bytes': 2 * GIB }],
    ['mixed', { 'watchdog.kill_grace': '3000ms', defaults: { estimated_mem_bytes: '2048M' } }],
  ] as const)
    it(`reads ${what} keys`, () => {
      const { config } = loadConfig(fileOf(content), {});
      assert.equal(config['watchdog.kill_grace'], 3000);
      assert.equal(config['defaults.estimated_mem_bytes'], 2 * GIB);
    });

  it('parses each default from the text of a variable, too', () => {
    const env = Object.fromEntries(SETTING_KEYS.map((key) => [envName(key), String(SETTINGS[key].fallback)]));
    assert.deepEqual(
      loadConfig(join(dir, 'absent.json'), env).config,
      loadConfig(join(dir, 'absent.json'), {}).config,
    );
  });

  it('parses a memory reserve, and auto', () => {
    const reserve = (value: unknown) =>
      loadConfig(fileOf({ 'admission.memory_reserve': value }), {}).config['admission.memory_reserve'];
    assert.equal(reserve('auto'), null);
    assert.equal(reserve('2G'), 2 * GIB);
  });

  const BAD_FILES: [string, string | object, string[]][] = [
    ['an empty file', '', ['invalid JSON']],
    ['half a file', '{"admission": {', ['invalid JSON']],
    ['an array', [], ['JSON object']],
    ['null', 'null', ['JSON object']],
    ['an unknown key', { admission: { max_runing: 3 } }, ['"admission.max_runing"', 'babysit config show']],
    ['an unknown section', { nope: {} }, ['"nope"']],
    ['an inherited name', '{"__proto__": {"x": 1}}', ['__proto__']],
    ['a value of a wrong type', { admission: { max_running: true } }, ['admission.max_running']],
    ['null for a value', { admission: { max_running: null } }, ['admission.max_running']],
    ['a list for a value', { 'admission.max_running': [3] }, ['admission.max_running']],
    [
      'a number out of range',
      { admission: { max_running: 0 } },
      ['admission.max_running', '"0"', 'Examples'],
    ],
    [
      'a bad duration',
      { watchdog: { kill_grace: '3 parsecs' } },
      ['watchdog.kill_grace', '"3 parsecs"', 'Examples'],
    ],
    [
      'a bad size',
      { 'admission.memory_reserve': 'lots' },
      ['admission.memory_reserve', '"lots"', 'Examples'],
    ],
    ['a bad choice', { admission: { when_full: 'wait' } }, ['admission.when_full', 'queue']],
  ];
  for (const [what, content, parts] of BAD_FILES)
    it(`refuses ${what}, naming file and key`, () => {
      const path = fileOf(content);
      refuses(path, {}, path, ...parts);
    });

  it('refuses a bad value of the environment, naming the variable and the key, not the file', () => {
    const path = fileOf({});
    const env = { BABYSIT_ADMISSION_MAX_RUNNING: 'many' };
    refuses(path, env, 'BABYSIT_ADMISSION_MAX_RUNNING', 'admission.max_running', '"many"');
    assert.throws(
      () => loadConfig(path, env),
      (error: Error) => !error.message.includes(path),
    );
  });

  it('refuses a file that cannot be read', () => {
    const path = join(dir, 'a-directory.json');
    mkdirSync(path);
    refuses(path, {}, path, 'cannot be read');
  });
});

it('every setting has one line of help and its own environment variable', () => {
  assert.equal(new Set(SETTING_KEYS.map(envName)).size, SETTING_KEYS.length);
  for (const key of SETTING_KEYS) assert.match(SETTINGS[key].help, /^[A-Zc][^\n]{10,110}$/);
});
