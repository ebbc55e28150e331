// Builds a task from a parsed request: defaults from the config that fit this host, and a name.
import { type Stats, statSync } from 'node:fs';
import type { Config } from '../../config/settings.ts';
import { traitsOf } from '../../core/engine-traits.ts';
import { BabysitError } from '../../core/errors.ts';
import type { Limits } from '../../core/estimate.ts';
import { type Streams, usesTerminal } from '../../core/streams.ts';
import {
  type Command,
  type ExecOptions,
  RETRY_CAUSES,
  type RetryPolicy,
  type Task,
  type TaskId,
  type UnitOptions,
} from '../../core/task.ts';
import type { Filled } from '../../estimates/fill.ts';
import type { RunRequest } from '../../request/request.ts';
import { largestNeed } from '../../scheduler/admission.ts';
import { pathOf } from '../../text/bytes.ts';
import { capacitiesOf } from './capacity-of.ts';
import { companionOf } from './companion.ts';
import { engineOf, resourcesOf } from './engine-choice.ts';
import { defaultKillTimeoutMs, type EstimateContext, estimatesFor, type Shares } from './estimates.ts';
import { makeName, nameOfUnit } from './task-name.ts';

/** The parts of systemd that this daemon can use. */
export interface SystemdParts {
  /** Why tasks cannot run as units; null if they can. */
  readonly noUnits: string | null;
  readonly hasJournal: boolean;
}

export interface SubmissionContext extends EstimateContext {
  readonly id: TaskId;
  readonly now: number;
  readonly batch?: string;
  readonly systemd: SystemdParts;
  isNameTaken(name: string): boolean;
  /** Includes ended tasks: a generated name must refer to one task only. */
  isNameKnown(name: string): boolean;
  /** The live task of the project with this name, or the task with this id. */
  findCompanion(ref: string): Task | null;
  /** By name or id, live or ended. Throws not_found or ambiguous. */
  find(ref: string): Task;
}

/** Throws BabysitError bad_cwd, name_taken, dependency_cycle, already_ended, or what `find` throws. */
export function taskFrom(run: RunRequest, context: SubmissionContext): Task {
  const { caller } = run;
  const cwd = run.cwd ?? caller.cwd;
  assertDirectory(cwd);
  const command = commandOf(run);
  const name = run.name ?? nameOfUnit(run.unit);
  if (name !== null && run.whileRef === name)
    throw new BabysitError('dependency_cycle', `"${name}" cannot run while itself runs`, { name });
  if (name !== null && context.isNameTaken(name)) throw nameTaken(run, name);
  const { config } = context;
  const engine = engineOf(run, config);
  const bounds = { ...context, ...capacitiesOf(engine, context) };
  const shares = {
    memPctLimit: run.memPctLimit ?? config['defaults.mem_pct_limit'],
    cpuPctLimit: run.cpuPctLimit ?? config['defaults.cpu_pct_limit'],
  };
  const filled = estimatesFor(run, command, shares, bounds);
  const limits = limitsFor(run, config, shares, filled);
  const others = findOthers(run, name, context.find);
  const tasks = others.map((other) => ({ id: other.id, name: other.name }));
  return {
    id: context.id,
    name: name ?? makeName(command, new Date(context.now), context.id, context.isNameKnown),
    owner: run.owner ?? caller.owner ?? null,
    project: caller.project,
    command,
    cwd,
    umask: caller.umask ?? DEFAULT_UMASK,
    inherited: {
      rlimits: caller.rlimits ?? {},
      cpus: caller.cpus ?? null,
      terminal: caller.terminal ?? null,
      ...(caller.ignored === undefined ? {} : { ignored: caller.ignored }),
    },
    ...filled,
    ...(run.noLearn ? { isNotLearned: true as const } : {}),
    limits,
    priority: run.priority ?? 0,
    after: tasks.length === 0 ? null : { mode: run.afterAny === null ? 'ok' : 'any', tasks },
    retry: retryFor(run, limits, filled, bounds),
    key: run.key,
    context: run.context,
    tags: run.tags ?? [],
    ...readinessOf(run),
    ...companionOf(run.whileRef, run.whileRef === null ? null : context.findCompanion(run.whileRef)),
    ...(traitsOf(engine).usesHost ? parentOf(context) : {}),
    ...(run.checkpoint === null ? {} : { checkpoint: run.checkpoint }),
    ...(context.batch === undefined ? {} : { batch: context.batch }),
    ...(run.onEnd === null ? {} : { onEnd: run.onEnd }),
    requeue: run.requeue,
    execOptions: execOptionsFor(run, context),
    ...engine,
    ...resourcesOf(run),
    attempts: 0,
    history: [],
    retriedFrom: 0,
    submittedAt: context.now,
    state: {
      status: 'pending',
      waitsFor: others.map((other) => other.id),
      notBefore: null,
    },
  };
}

function nameTaken({ unit }: RunRequest, name: string): BabysitError {
  const isUnit = nameOfUnit(unit) === name;
  return new BabysitError(
    'name_taken',
    `a live task of this project has the name "${name}"${isUnit ? ` and the unit ${name}.service` : ''}`,
    {
      name,
      ...(isUnit ? { hint: `Choose another --unit, or end the live task: babysit kill ${name}` } : {}),
    },
  );
}

const DEFAULT_UMASK = 0o022;

function readinessOf({ readyLog, readyPort, readyCmd }: RunRequest): Pick<Task, 'readiness'> {
  if (readyLog !== null) return { readiness: { kind: 'log', pattern: readyLog } };
  if (readyPort !== null) return { readiness: { kind: 'port', port: readyPort } };
  return readyCmd === null ? {} : { readiness: { kind: 'command', line: readyCmd } };
}

function parentOf({ parent }: SubmissionContext): Pick<Task, 'parent'> {
  return parent === null ? {} : { parent: { id: parent.id, name: parent.name, attempt: parent.attempts } };
}

function commandOf({ line, argv }: RunRequest): Command {
  return argv === null ? { kind: 'shell', line: line ?? '' } : { kind: 'argv', argv };
}

/** Ignores `journal` on a host without a journal. Throws BabysitError no_systemd when a requested unit is not available. */
function execOptionsFor(run: RunRequest, { config, systemd }: SubmissionContext): ExecOptions {
  const { noUnits, hasJournal } = systemd;
  const streams = streamsFor(run);
  const unit = unitOptions(run);
  const isAsked = unit !== null || run.driver === 'systemd';
  if (isAsked && noUnits !== null) throw new BabysitError('no_systemd', noUnits);
  return {
    nice: run.nice,
    ...(run.caller.nice ? { callerNice: run.caller.nice } : {}),
    isBackground: run.background ?? false,
    usesPty: run.pty || (streams !== undefined && usesTerminal(streams)),
    ...(streams === undefined ? {} : { streams }),
    isUnit: isAsked || (noUnits === null && (run.driver ?? config['envelope.driver']) === 'systemd'),
    ...(unit === null ? {} : { unit }),
    isJournaled: hasJournal && (run.journal ?? config['log.journal']),
    ...((run.stop ?? config['defaults.stop']) === 'file'
      ? { stopGraceMs: config['watchdog.stop_grace'] }
      : {}),
    ...(run.jobserver ? { hasJobserver: true } : {}),
  };
}

function streamsFor({ stdin, pty, caller }: RunRequest): Streams | undefined {
  if (!stdin) return caller.streams;
  return { stdin: pty ? 'terminal' : 'pipe', stdout: 'log', stderr: 'log' };
}

/** Null when the request says nothing about its unit. */
function unitOptions({ unit, slice, remainAfterExit, oomPolicy }: RunRequest): UnitOptions | null {
  if (unit === null && slice === null && !remainAfterExit && oomPolicy === null) return null;
  return {
    name: withType(unit, '.service'),
    slice: withType(slice, '.slice'),
    remains: remainAfterExit,
    oomPolicy: oomPolicy ?? (remainAfterExit ? 'stop' : 'continue'),
  };
}

function withType(name: string | null, type: string): string | null {
  return name === null || name.endsWith(type) ? name : `${name}${type}`;
}

/** A dependency is an existing task, so only a task's own name can form a cycle. */
function findOthers(
  { after, afterAny }: RunRequest,
  name: string | null,
  find: SubmissionContext['find'],
): Task[] {
  const found = new Map<TaskId, Task>();
  for (const ref of after ?? afterAny ?? []) {
    if (ref === name)
      throw new BabysitError('dependency_cycle', `"${name}" cannot come after itself`, { name });
    const other = find(ref);
    found.set(other.id, other);
  }
  return [...found.values()];
}

/** Where babysit decides the memory, an attempt that ran out of it is followed by one with more. */
function retryFor(
  run: RunRequest,
  limits: Limits,
  { basis }: Filled,
  context: SubmissionContext,
): RetryPolicy | null {
  const { retries, retryOn, retryBackoffMs, retryRaiseMem } = run;
  if (retries === null || retries === 0) return null;
  const isOurs = basis.from.memBytes !== 'declared' || context.config['estimates.mode'] === 'learned';
  const raises = retryRaiseMem || isOurs;
  return {
    max: retries,
    on: retryOn ?? RETRY_CAUSES,
    backoffMs: retryBackoffMs ?? context.config['defaults.retry_backoff'],
    memCeilingBytes: raises ? largestNeed(context.capacity, limits).memBytes : null,
  };
}

function limitsFor(run: RunRequest, config: Config, shares: Shares, filled: Filled): Limits {
  return {
    killTimeoutMs: run.killTimeoutMs ?? defaultKillTimeoutMs(filled),
    observabilityMs: run.observabilityMs ?? config['defaults.observability_interval'],
    isStrict: run.observability === 'strict',
    ...(run.observe === null ? {} : { observe: run.observe }),
    ...shares,
  };
}

function assertDirectory(cwd: string): void {
  let found: Stats | undefined;
  try {
    found = statSync(pathOf(cwd), { throwIfNoEntry: false });
  } catch (error) {
    throw new BabysitError('bad_cwd', `cwd: "${cwd}" cannot be used: ${(error as Error).message}`, { cwd });
  }
  if (found === undefined) throw new BabysitError('bad_cwd', `cwd: "${cwd}" does not exist`, { cwd });
  if (!found.isDirectory()) throw new BabysitError('bad_cwd', `cwd: "${cwd}" is not a directory`, { cwd });
}
