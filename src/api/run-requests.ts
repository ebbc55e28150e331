// Submissions: one, or a batch that shares where it came from.
import { z } from 'zod';
import { BabysitError } from '../core/errors.ts';
import { isTaskName, NAME_RULE, RETRY_CAUSES, type RetryCause } from '../core/task.ts';
import { parseDuration, parseDurationOrOff } from '../units/duration.ts';
import { parseCores, parsePercent } from '../units/number.ts';
import { parseSize } from '../units/size.ts';
import { absolutePath, check, noNul, owner, priority, quantity, read } from './fields.ts';
import type { RunSubmission } from './service.ts';

export const env = z.record(
  noNul.refine((name) => name !== '' && !name.includes('='), 'is not a name of an environment variable'),
  noNul,
);
export const refs = z.union([z.string(), z.array(z.string())]);

/** What is the same for all tasks of a batch. */
const ORIGIN = {
  cwd: absolutePath,
  env,
  project: absolutePath,
  umask: z.int().min(0).max(0o777).optional(),
  owner: owner.optional(),
};
export const REQUEST = {
  command: noNul.min(1, 'is empty').optional(),
  argv: z.array(noNul).min(1, 'is empty').optional(),
  name: z.string().refine(isTaskName, `must be ${NAME_RULE}`).optional(),
  estimated_time: quantity.optional(),
  estimated_mem_bytes: quantity.optional(),
  estimated_cpu_cores: quantity.optional(),
  kill_timeout: quantity.optional(),
  observability_interval: quantity.optional(),
  observability: z.enum(['any', 'strict']).optional(),
  mem_pct_limit: quantity.optional(),
  cpu_pct_limit: quantity.optional(),
  queue: z.boolean().optional(),
  force: z.boolean().optional(),
  priority: priority.optional(),
  after: refs.optional(),
  after_any: refs.optional(),
  key: z.string().min(1).max(256).optional(),
  // JSON it is, as it came in a body of JSON; what is wrong with it `smallContext` says.
  context: z.unknown().optional(),
  tag: refs.optional(),
  requeue: z.boolean().optional(),
  nice: z.int().min(0).max(19).optional(),
  background: z.boolean().optional(),
  pty: z.boolean().optional(),
  driver: z.enum(['auto', 'systemd']).optional(),
  journal: z.boolean().optional(),
  lease: z.string().min(1).max(64).optional(),
  retries: z.int().min(0).max(1000).optional(),
  retry_on: refs.optional(),
  retry_backoff: quantity.optional(),
  retry_raise_mem: z.boolean().optional(),
};
const RUN = z.strictObject({ ...ORIGIN, ...REQUEST });
const BATCH_COMMON = z.strictObject(ORIGIN);
/** A line may say otherwise than the batch where it runs and for whom; its variables come over the caller's. */
const BATCH_LINE = z.strictObject({
  ...REQUEST,
  cwd: absolutePath.optional(),
  env: env.optional(),
  owner: owner.optional(),
});

export function parseRun(body: unknown): RunSubmission {
  return submission(check(RUN, body));
}

/** In the order of the lines; an error stands where a line is wrong. Throws when the batch itself is. */
export function parseBatch(body: unknown): (RunSubmission | BabysitError)[] {
  const batch = check(BATCH, body);
  checkEnvironment(batch.common.env);
  return batch.lines.map((line) => {
    try {
      const { env: own, cwd, owner, ...request } = check(BATCH_LINE, line);
      if (own !== undefined) checkEnvironment(own);
      const { common } = batch;
      const run = {
        // A batch is meant to be worked off; who wants the soft-deny says so.
        queue: true,
        ...common,
        ...request,
        cwd: cwd ?? common.cwd,
        owner: owner ?? common.owner,
        env: own === undefined ? common.env : { ...common.env, ...own },
      };
      return submission(run, true);
    } catch (error) {
      if (error instanceof BabysitError) return error;
      throw error;
    }
  });
}

const BATCH = z.strictObject({ common: BATCH_COMMON, lines: z.array(z.unknown()).max(10_000) });

function submission(run: z.output<typeof RUN>, isEnvironmentChecked = false): RunSubmission {
  if ((run.command === undefined) === (run.argv === undefined))
    throw new BabysitError('usage', 'exactly one of command and argv is needed');
  if (run.after !== undefined && run.after_any !== undefined)
    throw new BabysitError('usage', 'after and after_any exclude each other');
  const after = run.after ?? run.after_any;
  if (after !== undefined && run.force)
    throw new BabysitError('usage', 'after and force exclude each other: what is forced starts at once');
  checkLength('the command', run.command ?? '');
  for (const word of run.argv ?? []) checkLength('an argument of the command', word);
  if (!isEnvironmentChecked) checkEnvironment(run.env);
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
    isStrict: run.observability === 'strict',
    memPctLimit: read(run.mem_pct_limit, parsePercent, 'mem_pct_limit'),
    cpuPctLimit: read(run.cpu_pct_limit, parsePercent, 'cpu_pct_limit'),
    queue: run.queue ?? false,
    force: run.force ?? false,
    priority: run.priority ?? 0,
    after:
      after === undefined
        ? null
        : { refs: someWords(after, 'after'), mode: run.after_any === undefined ? 'ok' : 'any' },
    key: run.key ?? null,
    context: smallContext(run.context ?? null),
    tags: words(run.tag ?? []),
    requeue: run.requeue ?? false,
    execOptions: {
      nice: run.nice ?? null,
      isBackground: run.background ?? false,
      usesPty: run.pty ?? false,
      isUnit: run.driver === undefined ? null : run.driver === 'systemd',
      isJournaled: run.journal ?? null,
    },
    lease: run.lease ?? null,
    retry:
      run.retries === undefined || run.retries === 0
        ? null
        : {
            max: run.retries,
            on:
              run.retry_on === undefined ? RETRY_CAUSES : someWords(run.retry_on, 'retry_on').map(retryCause),
            backoffMs: read(run.retry_backoff, parseDuration, 'retry_backoff'),
            raiseMem: run.retry_raise_mem ?? false,
          },
  };
}

const MAX_CONTEXT_BYTES = 64 * 1024;
/** Far below what ends a recursion, here and in whoever reads it. */
const MAX_CONTEXT_DEPTH = 100;

function smallContext(context: unknown): unknown {
  if (isDeeper(context, MAX_CONTEXT_DEPTH))
    throw new BabysitError('usage', `context: it is nested more than ${MAX_CONTEXT_DEPTH} levels deep`);
  const bytes = JSON.stringify(context).length;
  if (bytes > MAX_CONTEXT_BYTES)
    throw new BabysitError(
      'usage',
      `context: ${bytes} bytes are more than the ${MAX_CONTEXT_BYTES} it may have`,
    );
  return context;
}

/** Level by level and not by recursion, which it is to prevent. */
function isDeeper(value: unknown, depth: number): boolean {
  let level: unknown[] = [value];
  for (let left = depth; level.length > 0; left--) {
    level = level.flatMap((one) => (one !== null && typeof one === 'object' ? Object.values(one) : []));
    if (left === 0 && level.length > 0) return true;
  }
  return false;
}

function words(text: string | readonly string[]): string[] {
  return (typeof text === 'string' ? text.split(',') : [...text])
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** A list that turns out empty is a variable somebody forgot to set. */
function someWords(text: string | readonly string[], what: string): string[] {
  const found = words(text);
  if (found.length === 0) throw new BabysitError('usage', `${what}: the list is empty`);
  return found;
}

function retryCause(word: string): RetryCause {
  const cause = RETRY_CAUSES.find((known) => known === word.toLowerCase());
  if (cause === undefined)
    throw new BabysitError('usage', `retry_on: "${word}" is not one of ${RETRY_CAUSES.join(', ')}`);
  return cause;
}

/** MAX_ARG_STRLEN of Linux (32 pages), and what argv and environment may take together under a stack of 8 MiB. */
const MAX_STRING_BYTES = 131_071;
const MAX_ENVIRONMENT_BYTES = 2 * 1024 ** 2 - MAX_STRING_BYTES;

function checkLength(what: string, text: string): number {
  const bytes = text.length < MAX_STRING_BYTES / 3 ? text.length : Buffer.byteLength(text);
  if (bytes > MAX_STRING_BYTES)
    throw new BabysitError(
      'usage',
      `${what} is ${bytes} bytes long; the kernel starts nothing with more than ${MAX_STRING_BYTES}. Put it into a file.`,
    );
  return bytes;
}

function checkEnvironment(variables: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(variables))
    bytes += checkLength(`the environment variable ${name}`, `${name}=${value}`);
  if (bytes > MAX_ENVIRONMENT_BYTES)
    throw new BabysitError(
      'usage',
      `the environment is ${bytes} bytes long; the kernel starts nothing with more than ${MAX_ENVIRONMENT_BYTES}`,
    );
}
