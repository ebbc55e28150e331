// The schemas of what comes in, and the step from text as typed to values with units.
import { z } from 'zod';
import { BabysitError } from '../core/errors.ts';
import type { LogQuery } from '../core/log-query.ts';
import { isProfile, PROFILES, type ProfileName } from '../core/profile.ts';
import { TASK_STATUSES, type TaskStatus } from '../core/task.ts';
import { parseDuration } from '../units/duration.ts';
import { parseCores, parseCount } from '../units/number.ts';
import { parseSize } from '../units/size.ts';
import type { EventsQuery } from './event-stream.ts';
import { absolutePath, check, owner, priority, quantity, read } from './fields.ts';
import type { Adjustment, CleanQuery, ListQuery, TicketRequest } from './service.ts';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'] as const;
export const KILL = z.strictObject({ force: z.boolean().optional(), signal: z.string().optional() });

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

export const LIST = z.object({
  tag: z.string().optional(),
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
    tag: list.tag ?? null,
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
  since: z.string().optional(),
  from: z.string().optional(),
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
  return {
    part,
    sinceMs: read(log.since, parseDuration, 'since'),
    from: read(log.from, (text, what) => parseCount(text, what, 0, Number.MAX_SAFE_INTEGER), 'from'),
    maxBytes: read(log.max_bytes, parseSize, 'max_bytes'),
    follow: log.follow === '1',
  };
}

const EVENTS = z.object({ after: z.string().optional(), progress: z.string().optional() });

export function parseEvents(query: unknown): EventsQuery {
  const { after, progress } = check(EVENTS, query);
  return {
    after: after === undefined ? 0 : parseCount(after, 'after', 0, Number.MAX_SAFE_INTEGER),
    progress: progress === '1',
  };
}

export function parseProfile(body: unknown): ProfileName {
  const { profile } = check(z.strictObject({ profile: z.string() }), body ?? {});
  if (isProfile(profile)) return profile;
  throw new BabysitError('usage', `profile: "${profile}" is not one of ${PROFILES.join(', ')}`);
}

export const ADJUST = z.strictObject({
  estimated_time: quantity.optional(),
  estimated_mem_bytes: quantity.optional(),
  estimated_cpu_cores: quantity.optional(),
  kill_timeout: quantity.optional(),
  priority: priority.optional(),
  force: z.boolean().optional(),
});

const ADJUSTABLE = Object.keys(ADJUST.shape).filter((key) => key !== 'force');

export function parseAdjust(body: unknown): Adjustment {
  const adjust = check(ADJUST, body);
  const { force, ...values } = adjust;
  if (Object.values(values).every((value) => value === undefined))
    throw new BabysitError('usage', `nothing to adjust: give one of ${ADJUSTABLE.join(', ')}`);
  return {
    timeMs: read(adjust.estimated_time, parseDuration, 'estimated_time'),
    memBytes: read(adjust.estimated_mem_bytes, parseSize, 'estimated_mem_bytes'),
    cpuCores: read(adjust.estimated_cpu_cores, parseCores, 'estimated_cpu_cores'),
    killTimeoutMs: read(adjust.kill_timeout, parseDuration, 'kill_timeout'),
    priority: adjust.priority ?? null,
    force: force ?? false,
  };
}

export const TICKET = z.strictObject({
  mem_bytes: quantity,
  cpu_cores: quantity,
  estimated_time: quantity.optional(),
  lease_ttl: quantity.optional(),
  priority: priority.optional(),
  project: absolutePath,
  owner: owner.optional(),
  since_ms: z.int().min(0).optional(),
});

export function parseTicket(body: unknown): TicketRequest {
  const ticket = check(TICKET, body);
  const leaseTtlMs = read(ticket.lease_ttl, parseDuration, 'lease_ttl');
  // As for the default in the config: nobody needs it longer, and others wait.
  if (leaseTtlMs !== null && leaseTtlMs > DAY_MS) throw new BabysitError('usage', 'lease_ttl: at most 1d');
  return {
    memBytes: parseSize(ticket.mem_bytes, 'mem_bytes'),
    cpuCores: parseCores(ticket.cpu_cores, 'cpu_cores'),
    timeMs: read(ticket.estimated_time, parseDuration, 'estimated_time'),
    leaseTtlMs,
    priority: ticket.priority ?? 0,
    project: ticket.project,
    owner: ticket.owner ?? null,
    sinceMs: ticket.since_ms ?? null,
  };
}

const CLEAN = z.strictObject({
  all: z.boolean().optional(),
  older_than: quantity.optional(),
  status: z.string().optional(),
  dry_run: z.boolean().optional(),
});
const WEEK_MS = 7 * DAY_MS;

export function parseClean(body: unknown): CleanQuery {
  const clean = check(CLEAN, body ?? {});
  const olderThanMs = read(clean.older_than, parseDuration, 'older_than');
  return {
    olderThanMs: clean.all ? null : (olderThanMs ?? WEEK_MS),
    statuses: clean.status === undefined ? null : clean.status.split(',').map(parseStatus),
    isDryRun: clean.dry_run ?? false,
  };
}

export function parseBackup(body: unknown): string {
  return check(z.strictObject({ path: absolutePath }), body).path;
}

export function parseStop(body: unknown): boolean {
  return check(z.strictObject({ kill_tasks: z.boolean().optional() }), body ?? {}).kill_tasks ?? false;
}
