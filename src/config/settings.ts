// Every setting: its key, how its text is read, its default, and one line of help. The config type derives from it.
import { z } from 'zod';
import { PROFILES } from '../core/profile.ts';
import { parseDuration, parseDurationOrOff } from '../units/duration.ts';
import { parseCores, parseCount, parsePercent } from '../units/number.ts';
import { parseSize } from '../units/size.ts';

const text = z.union([z.string(), z.number()]);
/** True or false, in JSON or in words. */
const SWITCH = z.union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')]);

function setting<S extends z.ZodType>(schema: S, fallback: z.input<S>, help: string) {
  return { schema, fallback, help };
}
const duration = (key: string) => text.transform((value) => parseDuration(value, key));
/** For what a timer waits: it cannot wait longer than 24 days, and nobody wants it to. */
const DAY_MS = 86_400_000;
const timer = (key: string) => duration(key).refine((value) => value <= DAY_MS, `${key}: at most 1d`);
const durationOrOff = (key: string) => text.transform((value) => parseDurationOrOff(value, key));
/** Five fields or `off`; what they say is checked by who schedules it. */
const cron = (key: string) =>
  z
    .string()
    .refine(
      (value) => value === 'off' || /^\S+( +\S+){4}$/.test(value),
      `${key}: five fields as in cron, such as "17 4 * * *", or off`,
    );
const size = (key: string) => text.transform((value) => parseSize(value, key));
/** A packed part tells its length in 32 bits, and a part may be four times as long where its lines are. */
const LOG_MAX_BYTES = 512 * 1024 ** 2;
const percent = (key: string) => text.transform((value) => parsePercent(value, key));
const count = (key: string, min: number, max: number) =>
  text.transform((value) => parseCount(value, key, min, max));

export const SETTINGS = {
  'admission.when_full': setting(
    z.enum(['deny', 'queue']),
    'deny',
    'What happens to a run that does not fit now',
  ),
  'admission.max_sys_mem_pct': setting(
    percent('admission.max_sys_mem_pct'),
    70,
    'Percent of the host memory that may be in use or promised',
  ),
  'admission.memory_reserve': setting(
    z.union([z.literal('auto').transform(() => null), size('admission.memory_reserve')]),
    'auto',
    'Memory never given to tasks; auto is the smaller of 24G and 25% of the host',
  ),
  'admission.max_babysit_cpu_pct': setting(
    percent('admission.max_babysit_cpu_pct'),
    90,
    'Percent of the cores that tasks may reserve together',
  ),
  'admission.max_running': setting(count('admission.max_running', 1, 100_000), 256, 'Tasks running at once'),
  'admission.max_pending': setting(
    count('admission.max_pending', 0, 10_000_000),
    100_000,
    'Tasks in the queue',
  ),
  'admission.min_free_disk': setting(
    size('admission.min_free_disk'),
    '64M',
    'Below this much free space in BABYSIT_HOME nothing new is accepted',
  ),
  'admission.max_pending_per_owner': setting(
    count('admission.max_pending_per_owner', 0, 10_000_000),
    0,
    'Tasks of one owner in the queue; 0 is no limit of its own',
  ),
  'admission.max_submissions_per_second': setting(
    count('admission.max_submissions_per_second', 0, 1_000_000),
    0,
    'Submissions of one owner, over a burst of ten seconds; 0 is no limit',
  ),
  'scheduler.ageing_interval': setting(
    durationOrOff('scheduler.ageing_interval'),
    '1h',
    'The next task of an owner rises by one priority for each of these it waits; 0 is off',
  ),
  'scheduler.backfill': setting(
    z.enum(['easy', 'none']),
    'easy',
    'Whether tasks may overtake one that waits for room, without pushing it back',
  ),
  'defaults.estimated_time': setting(
    duration('defaults.estimated_time'),
    '10m',
    'Estimate when none is given',
  ),
  'defaults.estimated_mem_bytes': setting(
    size('defaults.estimated_mem_bytes'),
    '4G',
    'Estimate when none is given; clamped to what the host can give',
  ),
  'defaults.estimated_cpu_cores': setting(
    text.transform((value) => parseCores(value, 'defaults.estimated_cpu_cores')),
    4,
    'Estimate when none is given; clamped to what the host can give',
  ),
  'defaults.observability_interval': setting(
    durationOrOff('defaults.observability_interval'),
    '5m',
    'Silence after which a task counts as stalled; 0 is off',
  ),
  'defaults.mem_pct_limit': setting(
    percent('defaults.mem_pct_limit'),
    40,
    'Percent of the host memory one task may use',
  ),
  'defaults.cpu_pct_limit': setting(
    percent('defaults.cpu_pct_limit'),
    90,
    'Percent of the cores one task may use',
  ),
  'defaults.lease_ttl': setting(
    timer('defaults.lease_ttl'),
    '60s',
    'How long wait_for_capacity holds the room for the run that follows',
  ),
  'defaults.retry_backoff': setting(
    timer('defaults.retry_backoff'),
    '5s',
    'Before the first repetition of --retries; doubles each time, up to 5m',
  ),
  'envelope.driver': setting(
    z.enum(['auto', 'v2', 'v1', 'none', 'systemd']),
    'auto',
    'How tasks are isolated; auto takes the best, systemd makes each a transient unit',
  ),
  'envelope.pids_max': setting(
    count('envelope.pids_max', 8, 4_194_304),
    4096,
    'Processes and threads of one task',
  ),
  'envelope.cpu_weight': setting(
    count('envelope.cpu_weight', 1, 10_000),
    50,
    'cpu.weight of a task; interactive work has 100',
  ),
  'envelope.nice': setting(count('envelope.nice', 0, 19), 10, 'Niceness of a task'),
  'envelope.oom_score_adj': setting(
    count('envelope.oom_score_adj', 0, 1000),
    500,
    'How much sooner than others the kernel ends a task when the host is out of memory',
  ),
  'watchdog.monitor_interval': setting(timer('watchdog.monitor_interval'), '1s', 'Time between two samples'),
  'watchdog.tolerance_window': setting(
    duration('watchdog.tolerance_window'),
    '30s',
    'How long memory or CPU may stay above twice the estimate',
  ),
  'watchdog.pids_window': setting(
    duration('watchdog.pids_window'),
    '5s',
    'How long forks may keep failing at envelope.pids_max',
  ),
  'watchdog.pressure_window': setting(
    duration('watchdog.pressure_window'),
    '30s',
    'How long the host may be short of memory or disk before a task ends for it',
  ),
  'watchdog.pressure_cooldown': setting(
    duration('watchdog.pressure_cooldown'),
    '30s',
    'Between two such kills',
  ),
  'watchdog.max_mem_stall_pct': setting(
    percent('watchdog.max_mem_stall_pct'),
    60,
    'Percent of time all work may stand still for want of memory (PSI full, mean of 10 s)',
  ),
  'watchdog.max_sys_disk_pct': setting(
    percent('watchdog.max_sys_disk_pct'),
    98,
    'Percent of the disk that holds BABYSIT_HOME that may be in use',
  ),
  'watchdog.dry_run': setting(SWITCH, false, 'Tell what the watchdog would kill, kill nothing'),
  'watchdog.kill_grace': setting(timer('watchdog.kill_grace'), '10s', 'Time between SIGTERM and SIGKILL'),
  'profile.start': setting(
    z.enum(PROFILES),
    'normal',
    'The profile until somebody or a schedule switches; what is in force is kept over restarts',
  ),
  'profile.day.at': setting(cron('profile.day.at'), 'off', 'When day begins, as a cron expression'),
  'profile.day.cpu_pct': setting(
    percent('profile.day.cpu_pct'),
    50,
    'Percent of the cores tasks may have by day: reserved, each for itself, and all together',
  ),
  'profile.day.mem_pct': setting(
    percent('profile.day.mem_pct'),
    60,
    'By day, in place of admission.max_sys_mem_pct',
  ),
  'profile.day.cpu_weight': setting(
    count('profile.day.cpu_weight', 1, 10_000),
    20,
    'By day, in place of envelope.cpu_weight',
  ),
  'profile.day.cpu_idle': setting(
    z.enum(['on', 'off']),
    'off',
    'By day tasks get only the CPU time nobody else wants (cpu.idle)',
  ),
  'profile.day.nice': setting(count('profile.day.nice', 0, 19), 15, 'By day, in place of envelope.nice'),
  'profile.night.at': setting(cron('profile.night.at'), 'off', 'When night begins, as a cron expression'),
  'profile.night.cpu_pct': setting(
    percent('profile.night.cpu_pct'),
    100,
    'Percent of the cores tasks may have by night',
  ),
  'profile.night.mem_pct': setting(
    percent('profile.night.mem_pct'),
    90,
    'By night, in place of admission.max_sys_mem_pct; memory_reserve is kept all the same',
  ),
  'profile.night.cpu_weight': setting(
    count('profile.night.cpu_weight', 1, 10_000),
    100,
    'By night, in place of envelope.cpu_weight',
  ),
  'profile.night.nice': setting(count('profile.night.nice', 0, 19), 5, 'By night, in place of envelope.nice'),
  'retention.schedule': setting(
    cron('retention.schedule'),
    '17 4 * * *',
    'When ended tasks are removed by themselves, as a cron expression; off is never',
  ),
  'retention.older_than': setting(
    duration('retention.older_than'),
    '30d',
    'How long an ended task and its log are kept',
  ),
  'log.max_size': setting(
    size('log.max_size').refine((value) => value <= LOG_MAX_BYTES, 'log.max_size: at most 512M'),
    '50M',
    "A task's log is rotated when it has grown to this",
  ),
  'log.daily': setting(SWITCH, true, 'And when a new day has begun'),
  'log.keep': setting(count('log.keep', 1, 1000), 5, "Rotated parts kept of a task's log, packed"),
  'api.max_body': setting(size('api.max_body'), '8M', 'Largest request the daemon reads'),
  'api.observe_only_socket': setting(
    SWITCH,
    false,
    'Listen on observe.sock too, through which one can look but neither change anything nor read logs',
  ),
  'log.journal': setting(
    SWITCH,
    false,
    "Also write what tasks print to systemd's journal, under their names",
  ),
  'log.level': setting(z.enum(['debug', 'info', 'warn', 'error']), 'info', 'What daemon.log records'),
} as const;

export type SettingKey = keyof typeof SETTINGS;
export type Config = { readonly [K in SettingKey]: z.output<(typeof SETTINGS)[K]['schema']> };
export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];
