// The schemas of what comes in, and the step from text as typed to values with units.
import { z } from 'zod';
import { BabysitError } from '../core/errors.ts';
import { isTaskName, NAME_RULE, TASK_STATUSES, type TaskStatus } from '../core/task.ts';
import { parseDuration, parseDurationOrOff } from '../units/duration.ts';
import { parseCores, parseCount, parsePercent } from '../units/number.ts';
import { parseSize } from '../units/size.ts';
import type { ListQuery, LogQuery, RunSubmission } from './service.ts';

const quantity = z.union([z.string(), z.number()]);
const noNul = z.string().refine((text) => !text.includes('\0'), 'must not hold a NUL character');
const absolutePath = noNul.refine((path) => path.startsWith('/'), 'must be an absolute path');

const RUN = z.strictObject({
  command: noNul.min(1, 'is empty').optional(),
  argv: z.array(noNul).min(1, 'is empty').optional(),
  name: z.string().refine(isTaskName, `must be ${NAME_RULE}`).optional(),
  cwd: absolutePath,
  env: z.record(
    noNul.refine((name) => name !== '' && !name.includes('='), 'is not a name of an environment variable'),
    noNul,
  ),
  project: absolutePath,
  umask: z.int().min(0).max(0o777).optional(),
  owner: z.string().min(1).max(256).optional(),
  estimated_time: quantity.optional(),
  estimated_mem_bytes: quantity.optional(),
  estimated_cpu_cores: quantity.optional(),
  kill_timeout: quantity.optional(),
  observability_interval: quantity.optional(),
  mem_pct_limit: quantity.optional(),
  cpu_pct_limit: quantity.optional(),
  queue: z.boolean().optional(),
  force: z.boolean().optional(),
});

export function parseRun(body: unknown): RunSubmission {
  const run = check(RUN, body);
  if ((run.command === undefined) === (run.argv === undefined))
    throw new BabysitError('usage', 'exactly one of command and argv is needed');
  return {
    command: run.argv ? { kind: 'argv', argv: run.argv } : { kind: 'shell', line: run.command ?? '' },
    name: run.name ?? null,
    cwd: run.cwd,
    env: run.env,
    project: run.project,
    umask: run.umask ?? 0o022,
    owner: run.owner ?? null,
    timeMs: read(run.estimated_time, parseDuration, 'estimated_time'),
    memBytes: read(run.estimated_mem_bytes, parseSize, 'estimated_mem_bytes'),
    cpuCores: read(run.estimated_cpu_cores, parseCores, 'estimated_cpu_cores'),
    killTimeoutMs: read(run.kill_timeout, parseDuration, 'kill_timeout'),
    observabilityMs: read(run.observability_interval, parseDurationOrOff, 'observability_interval'),
    memPctLimit: read(run.mem_pct_limit, parsePercent, 'mem_pct_limit'),
    cpuPctLimit: read(run.cpu_pct_limit, parsePercent, 'cpu_pct_limit'),
    queue: run.queue ?? false,
    force: run.force ?? false,
  };
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'] as const;
const KILL = z.strictObject({ force: z.boolean().optional(), signal: z.string().optional() });

export function parseKill(body: unknown): NodeJS.Signals {
  const { force, signal } = check(KILL, body ?? {});
  if (force) return 'SIGKILL';
  if (signal === undefined) return 'SIGTERM';
  const name = `SIG${signal.toUpperCase().replace(/^SIG/, '')}`;
  const known = SIGNALS.find((candidate) => candidate === name);
  if (known === undefined)
    throw new BabysitError('usage', `signal: "${signal}" is not one of ${SIGNALS.join(', ')}`);
  return known;
}

const LIST = z.object({
  project: z.string().optional(),
  owner: z.string().optional(),
  status: z.string().optional(),
  since_ms: z.string().optional(),
  all: z.string().optional(),
});
const DAY_MS = 86_400_000;

export function parseList(query: unknown): ListQuery {
  const list = check(LIST, query);
  const since = read(
    list.since_ms,
    (text, what) => parseCount(text, what, 0, Number.MAX_SAFE_INTEGER),
    'since_ms',
  );
  return {
    project: list.project ?? null,
    owner: list.owner ?? null,
    statuses: list.status === undefined ? null : list.status.split(',').map(parseStatus),
    sinceMs: list.all === '1' ? null : (since ?? DAY_MS),
  };
}

function parseStatus(text: string): TaskStatus {
  const status = TASK_STATUSES.find((candidate) => candidate === text.trim().toLowerCase());
  if (status === undefined)
    throw new BabysitError('usage', `status: "${text}" is not one of ${TASK_STATUSES.join(', ')}`);
  return status;
}

const LOG = z.object({
  tail: z.string().optional(),
  head: z.string().optional(),
  full: z.string().optional(),
  max_bytes: z.string().optional(),
  follow: z.string().optional(),
});
const DEFAULT_LINES = 15;
const MAX_LINES = 10_000_000;

export function parseLog(query: unknown): LogQuery {
  const log = check(LOG, query);
  const lines = (text: string, what: string) => parseCount(text, what, 1, MAX_LINES);
  const part: LogQuery['part'] =
    log.full === '1'
      ? { kind: 'full' }
      : log.head !== undefined
        ? { kind: 'head', lines: lines(log.head, 'head') }
        : { kind: 'tail', lines: log.tail === undefined ? DEFAULT_LINES : lines(log.tail, 'tail') };
  return { part, maxBytes: read(log.max_bytes, parseSize, 'max_bytes'), follow: log.follow === '1' };
}

export function parseAfter(query: unknown): number {
  const { after } = check(z.object({ after: z.string().optional() }), query);
  return after === undefined ? 0 : parseCount(after, 'after', 0, Number.MAX_SAFE_INTEGER);
}

export function parseStop(body: unknown): boolean {
  return check(z.strictObject({ kill_tasks: z.boolean().optional() }), body ?? {}).kill_tasks ?? false;
}

function check<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const what = result.error.issues.map((issue) => `${issue.path.join('.') || 'request'}: ${issue.message}`);
  throw new BabysitError('usage', what.slice(0, 5).join('; '));
}

function read<T>(
  value: T | undefined,
  parse: (text: T, what: string) => number,
  what: string,
): number | null {
  return value === undefined ? null : parse(value, what);
}
