// Every setting: key, schema, default and one line of help. The config type derives from this table.
import type { z } from 'zod';
import { ENGINE_CHOICES, HOST_ENGINE } from '../core/engine-traits.ts';
import { PROFILES } from '../core/host/profile.ts';
import { DRIVER_KINDS } from '../core/task.ts';
import { notifyTargets } from './notify-targets.ts';
import {
  choice,
  cores,
  count,
  countOrAuto,
  cron,
  duration,
  durationOrOff,
  flag,
  logSize,
  paths,
  percent,
  setting,
  size,
  sizeOrAuto,
  timer,
} from './setting-kinds.ts';
import { SLURM_SETTINGS } from './slurm-settings.ts';

const TABLE = {
  'admission.when_full': setting(
    choice('deny', 'queue'),
    'deny',
    'Deny or queue a run that does not fit now',
  ),
  'admission.max_sys_mem_pct': setting(
    percent,
    70,
    'Percent of the host memory that may be in use or reserved',
  ),
  'admission.memory_reserve': setting(
    sizeOrAuto,
    'auto',
    'Memory kept free of tasks; auto is the smaller of 24G and 25% of the host',
  ),
  'admission.max_babysit_cpu_pct': setting(
    percent,
    90,
    'CPU time of all tasks together, in percent of the cores (cpu.max of their parent group)',
  ),
  'admission.count_outside_cpu': setting(
    flag,
    true,
    'Count the cores that programs outside of tasks use (mean of 15 s) against the cores for tasks',
  ),
  'admission.max_running': setting(count(1, 100_000), 256, 'Tasks that may run at the same time'),
  'admission.max_pending': setting(count(0, 10_000_000), 100_000, 'Tasks that may be pending'),
  'admission.min_free_disk': setting(
    size,
    '64M',
    'Free space in BABYSIT_HOME below which the daemon accepts no new task',
  ),
  'admission.max_pending_per_owner': setting(
    count(0, 10_000_000),
    0,
    'Pending tasks of one owner; 0 means no limit',
  ),
  'admission.max_submissions_per_second': setting(
    count(0, 1_000_000),
    0,
    'Submissions of one owner, averaged over ten seconds; 0 means no limit',
    'after_restart',
  ),
  'scheduler.ageing_interval': setting(
    durationOrOff,
    '1h',
    'Longest wait that raises the next task of an owner by one priority: three times its estimate; 0 is off',
  ),
  'scheduler.use_half_life': setting(
    durationOrOff,
    '1d',
    'Time after which what an owner used counts half for its turn; 0: only what it holds now counts',
    'after_restart',
  ),
  'scheduler.backfill': setting(
    choice('easy', 'none'),
    'easy',
    'Start a task before one that waits for room if that does not delay it (easy), or never (none)',
  ),
  'scheduler.express_starts': setting(
    count(0, 1000),
    2,
    'Short tasks that may run above the core limit while another owner holds more than its share; 0: none',
  ),
  'scheduler.learned': setting(
    choice('off', 'order', 'full'),
    'order',
    'What learned times decide: nothing, which task is backfilled first (order), or also whether it fits (full)',
  ),
  'estimates.mode': setting(
    choice('declared', 'learned'),
    'declared',
    'What the scheduler charges where a caller declared an estimate and earlier runs showed another use',
  ),
  'defaults.estimated_time': setting(duration, '10m', 'Time estimate of a run without --estimated_time'),
  'defaults.estimated_mem_bytes': setting(
    size,
    '4G',
    'Memory estimate of a run without --estimated_mem_bytes, at most a third of what tasks may use',
  ),
  'defaults.estimated_cpu_cores': setting(
    cores,
    4,
    'CPU estimate of a run without --estimated_cpu_cores, at most half of the cores that tasks may reserve',
  ),
  'defaults.observability_interval': setting(
    durationOrOff,
    '5m',
    'Time without output after which the watchdog kills a task; 0 is off',
  ),
  'defaults.mem_pct_limit': setting(percent, 40, 'Percent of the host memory that one task may use'),
  'defaults.cpu_pct_limit': setting(percent, 90, 'Percent of the cores that one task may use'),
  'defaults.stop': setting(
    choice('signal', 'file'),
    'signal',
    'How a kill begins: with SIGTERM and the stop file, or with the stop file alone for watchdog.stop_grace',
  ),
  'defaults.lease_ttl': setting(
    timer,
    '60s',
    'How long a lease of wait_for_capacity holds the room for the next run',
  ),
  'defaults.retry_backoff': setting(
    timer,
    '5s',
    'Time before the first retry of --retries; doubles with each retry, up to 5m',
  ),
  'envelope.driver': setting(
    choice('auto', ...DRIVER_KINDS),
    'auto',
    'How tasks are isolated; auto picks the best driver, systemd starts each task as a transient unit',
    'after_restart',
  ),
  'envelope.pids_max': setting(
    count(8, 4_194_304),
    4096,
    'Processes and threads that one task may have (pids.max)',
  ),
  'envelope.cpu_weight': setting(
    count(1, 10_000),
    50,
    'cpu.weight of all tasks together, and of each among the others; other programs have 100',
  ),
  'envelope.nice': setting(count(0, 19), 10, 'Niceness of a task'),
  'envelope.oom_score_adj': setting(
    count(0, 1000),
    500,
    'Value of oom_score_adj of a task; the kernel kills a process with a higher value earlier',
  ),
  'watchdog.monitor_interval': setting(timer, '1s', 'Time between two samples'),
  'watchdog.tolerance_window': setting(
    duration,
    '30s',
    'How long memory or CPU use may stay above twice the estimate',
  ),
  'watchdog.pids_window': setting(duration, '5s', 'How long forks may keep failing at envelope.pids_max'),
  'watchdog.pressure_window': setting(
    duration,
    '30s',
    'How long the host may be short of memory, disk or CPU before the watchdog acts',
  ),
  'watchdog.reserve_window': setting(
    duration,
    '2s',
    'The same while less than half of admission.memory_reserve is available',
  ),
  'watchdog.hold_window': setting(
    durationOrOff,
    '30s',
    'How long a task that grows above its estimate stays frozen before the watchdog kills for memory; 0 freezes none',
  ),
  'watchdog.pressure_cooldown': setting(
    duration,
    '30s',
    'Time between two kills for a shortage of memory or disk',
  ),
  'watchdog.max_mem_stall_pct': setting(
    percent,
    60,
    'Percent of time in which all work may stall for lack of memory (PSI full avg10)',
  ),
  'watchdog.max_sys_cpu_pct': setting(
    percent,
    95,
    "Percent of the host's cores in use above which tasks are limited to their CPU estimate; 100 is off",
  ),
  'watchdog.max_sys_disk_pct': setting(
    percent,
    98,
    'Percent of the disk with BABYSIT_HOME that may be in use',
  ),
  'watchdog.dry_run': setting(flag, false, 'Report what the watchdog would kill, and kill nothing'),
  'watchdog.stop_grace': setting(
    timer,
    '60s',
    'Time between the stop file and SIGTERM for a task with --stop=file',
  ),
  'watchdog.kill_grace': setting(timer, '10s', 'Time between SIGTERM and SIGKILL'),
  'profile.start': setting(
    choice(...PROFILES),
    'normal',
    'The profile until a user or a schedule switches it; restarts keep the active profile',
    'after_restart',
  ),
  'profile.day.at': setting(cron, 'off', 'When to switch to the day profile, as a cron expression'),
  'profile.day.cpu_pct': setting(percent, 50, 'Percent of the cores that tasks may reserve and use by day'),
  'profile.day.mem_pct': setting(percent, 60, 'Replaces admission.max_sys_mem_pct by day'),
  'profile.day.cpu_weight': setting(count(1, 10_000), 20, 'Replaces envelope.cpu_weight by day'),
  'profile.day.cpu_idle': setting(
    choice('on', 'off'),
    'off',
    'By day tasks get only idle CPU time (cpu.idle)',
  ),
  'profile.day.threads': setting(
    countOrAuto(1, 4096),
    1,
    'Largest thread pool (OMP_NUM_THREADS and others) of a task that starts by day; auto is the cores by day',
  ),
  'profile.day.nice': setting(count(0, 19), 15, 'Replaces envelope.nice by day'),
  'profile.night.at': setting(cron, 'off', 'When to switch to the night profile, as a cron expression'),
  'profile.night.cpu_pct': setting(
    percent,
    100,
    'Percent of the cores that tasks may reserve and use by night',
  ),
  'profile.night.mem_pct': setting(
    percent,
    90,
    'Replaces admission.max_sys_mem_pct by night; memory_reserve still applies',
  ),
  'profile.night.cpu_weight': setting(count(1, 10_000), 100, 'Replaces envelope.cpu_weight by night'),
  'profile.night.nice': setting(count(0, 19), 5, 'Replaces envelope.nice by night'),
  'retention.schedule': setting(
    cron,
    '17 4 * * *',
    'When the daemon removes old tasks, as a cron expression; off is never',
    'after_restart',
  ),
  'retention.older_than': setting(
    duration,
    '30d',
    'How long an ended task and its log are kept',
    'after_restart',
  ),
  'log.max_size': setting(
    logSize,
    '50M',
    "Size at which a task's log is rotated; it exceeds this by a few KiB at most",
  ),
  'log.daily': setting(flag, true, 'Rotate logs at the start of each day too'),
  'log.keep': setting(count(1, 1000), 5, "Compressed parts to keep of each task's log"),
  'api.max_body': setting(size, '8M', 'Largest request that the daemon accepts', 'after_restart'),
  'api.max_connections': setting(
    count(1, 100_000),
    4096,
    'Connections that each socket accepts at the same time',
    'after_restart',
  ),
  'api.observe_only_socket': setting(
    flag,
    false,
    'Also listen on observe.sock, which is read-only and serves no logs',
    'after_restart',
  ),
  'dashboard.idle_timeout': setting(
    timer,
    '10m',
    'Time after which babysit dashboard ends when no page is open',
  ),
  'agents.may_force': setting(flag, false, 'An agent may use run --force, which skips the check for room'),
  'agents.may_config': setting(flag, false, 'An agent may change settings'),
  'agents.may_profile': setting(flag, false, 'An agent may switch the profile'),
  'agents.may_hold': setting(flag, false, 'An agent may hold the start of tasks and release them'),
  'agents.may_kill_others': setting(flag, false, 'An agent may kill the tasks of other agents'),
  'agents.may_uninstall_hooks': setting(flag, false, 'An agent may remove the hooks'),
  'agents.may_stop_daemon': setting(flag, false, 'An agent may use daemon-stop --kill_tasks'),
  'agents.may_bypass': setting(flag, false, 'An agent may use the bypass word of the hook against polling'),
  'hooks.route': setting(
    choice('advise', 'deny', 'rewrite', 'off'),
    'advise',
    'What the hook does with heavy commands of agents: give advice, refuse them, rewrite them, or nothing',
  ),
  'log.journal': setting(
    flag,
    false,
    "Also write the output of tasks to systemd's journal, under their names",
  ),
  'notify.targets': setting(
    notifyTargets,
    [],
    'Commands, webhooks and notices for the ends and warnings of tasks',
  ),
  'engine.default': setting(choice(...ENGINE_CHOICES), HOST_ENGINE, 'Where a run without --engine runs'),
  'engine.auto_projects': setting(
    paths,
    'none',
    'Directories that the nodes of the cluster see too: only below them --engine=auto may choose it',
  ),
  'engine.auto_margin': setting(
    timer,
    '1m',
    'How much sooner the cluster has to start a task for --engine=auto to choose it',
  ),
  'engine.requeue_max': setting(
    count(0, 1000),
    10,
    'Attempts that a cluster may lose by a failed node, a preemption or a forgotten job before their task ends',
  ),
  ...SLURM_SETTINGS,
  'log.level': setting(
    choice('debug', 'info', 'warn', 'error'),
    'info',
    'The least severe level that daemon.log records',
  ),
} as const;

export type SettingKey = keyof typeof TABLE;
export const SETTING_KEYS = Object.keys(TABLE) as SettingKey[];

type Settings = {
  readonly [K in SettingKey]: {
    readonly schema: ReturnType<(typeof TABLE)[K]['schema']>;
    readonly fallback: (typeof TABLE)[K]['fallback'];
    readonly help: string;
    readonly takesEffect: 'now' | 'after_restart';
  };
};
export const SETTINGS = Object.fromEntries(
  Object.entries(TABLE).map(([key, row]) => [key, { ...row, schema: row.schema(key) }]),
) as Settings;

export type Config = { readonly [K in SettingKey]: z.output<Settings[K]['schema']> };

/** Settings that the daemon reads only at its start. */
export const NEEDS_RESTART: ReadonlySet<SettingKey> = new Set(
  SETTING_KEYS.filter((key) => SETTINGS[key].takesEffect === 'after_restart'),
);
