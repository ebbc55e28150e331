// Compares this host with an engine that has a queue of its own: for --engine=auto, and in the error capacity_exceeded.
import type { TestRunView } from '../../api/schemas/capacity.ts';
import type { Config } from '../../config/settings.ts';
import { BabysitError } from '../../core/errors.ts';
import { KILL_FACTOR } from '../../core/estimate.ts';
import type { QueueEngineKind } from '../../core/task.ts';
import type { Engine } from '../../engine/engine.ts';
import type { RunRequest } from '../../request/request.ts';
import { neededHere, neededThere } from './engine-choice.ts';

export interface ElsewhereDeps {
  readonly engine: Pick<Engine, 'expectedStart'>;
  readonly config: Config;
  nowMs(): number;
}

type EngineNeed = Parameters<Engine['expectedStart']>[1];

/** The start of the task on another engine, in epoch ms. */
interface Elsewhere {
  readonly engine: QueueEngineKind;
  readonly startMs: number;
}

const OTHER: QueueEngineKind = 'slurm';

/** `submit` takes the request to its engine; `auto` is this host, without a place in its queue. */
export async function runAnywhere<T>(
  deps: ElsewhereDeps,
  request: RunRequest,
  submit: (request: RunRequest) => Promise<T>,
): Promise<T> {
  const { config } = deps;
  try {
    return await submit(firstTry(config, request));
  } catch (error) {
    const mayMove = isRefusedHere(error) && isShared(config, request);
    const startMs = mayMove ? await deps.engine.expectedStart(OTHER, needOf(config, request)) : null;
    return submit(secondTry(deps, request, error, startMs));
  }
}

/** The answer to a test, with an engine that starts the task sooner. */
export async function testedElsewhere(
  { engine, config, nowMs }: ElsewhereDeps,
  request: RunRequest,
  view: TestRunView,
): Promise<TestRunView> {
  if (view.starts_now || view.engine !== undefined || view.waiting?.dim === 'hold') return view;
  if (!isShared(config, request) || neededHere(request) !== null) return view;
  const startMs = await engine.expectedStart(OTHER, needOf(config, request));
  const other = startMs === null ? null : sooner(config, view, startMs, nowMs());
  return other === null ? view : { ...view, elsewhere: elsewhereView(other) };
}

/** The lines of a batch are one transaction, so the other engine is asked before. The result submits one line. */
export async function batchAnywhere(
  deps: ElsewhereDeps,
  lines: readonly (RunRequest | BabysitError)[],
): Promise<<T>(request: RunRequest, submit: (request: RunRequest) => T) => T> {
  const { config, engine } = deps;
  const starts = new Map<string, Promise<number | null>>();
  const keyOf = (request: RunRequest) => JSON.stringify(needOf(config, request));
  for (const line of lines) {
    if (line instanceof BabysitError || !isAuto(config, line) || !isShared(config, line)) continue;
    const key = keyOf(line);
    if (starts.size < FORECASTS_MAX && !starts.has(key))
      starts.set(key, engine.expectedStart(OTHER, needOf(config, line)));
  }
  const known = new Map<string, number | null>();
  for (const [key, start] of starts) known.set(key, await start);
  return (request, submit) => {
    if (!isAuto(config, request)) return submit(firstTry(config, request));
    try {
      return submit(firstTry(config, request));
    } catch (error) {
      const mayMove = isRefusedHere(error) && isShared(config, request);
      const startMs = mayMove ? (known.get(keyOf(request)) ?? null) : null;
      return submit(secondTry(deps, request, error, startMs));
    }
  };
}

/** Different needs in one batch. */
const FORECASTS_MAX = 100;

const asksForAuto = (config: Config, { engine }: RunRequest) =>
  (engine ?? config['engine.default']) === 'auto';

const isAuto = (config: Config, request: RunRequest) =>
  asksForAuto(config, request) && neededHere(request) === null && neededThere(request) === null;

function firstTry(config: Config, request: RunRequest): RunRequest {
  if (isAuto(config, request)) return { ...request, engine: 'auto', queue: false };
  if (!asksForAuto(config, request)) return request;
  return { ...request, engine: neededThere(request) === null ? 'local' : OTHER };
}

/** `startMs`: on the other engine; null: none. Throws the error of the first try where it is final. */
function secondTry(
  { config, nowMs }: ElsewhereDeps,
  request: RunRequest,
  error: unknown,
  startMs: number | null,
): RunRequest {
  const other =
    error instanceof BabysitError && startMs !== null ? sooner(config, error.extra, startMs, nowMs()) : null;
  if (isAuto(config, request)) {
    if (other !== null) return { ...request, engine: other.engine };
    if (isQueueable(config, request, error)) return { ...request, engine: 'local', queue: true };
  }
  throw other === null ? error : withOther(error as BabysitError, other);
}

/** A person's hold counts for every engine. */
function isRefusedHere(error: unknown): boolean {
  if (!(error instanceof BabysitError)) return false;
  const { code, extra } = error;
  return (code === 'capacity_exceeded' && extra.dim !== 'hold') || code === 'infeasible';
}

function isQueueable(config: Config, { queue }: RunRequest, error: unknown): boolean {
  const isFull = error instanceof BabysitError && error.code === 'capacity_exceeded';
  return isFull && (queue || config['admission.when_full'] === 'queue');
}

/** Only the user knows which directories the nodes see. */
function isShared(config: Config, { cwd, caller }: RunRequest): boolean {
  const dir = cwd ?? caller.cwd;
  return config['engine.auto_projects'].some((parent) => dir === parent || dir.startsWith(`${parent}/`));
}

function needOf(config: Config, request: RunRequest): EngineNeed {
  const timeMs = request.timeMs ?? config['defaults.estimated_time'];
  return {
    memBytes: request.memBytes ?? config['defaults.estimated_mem_bytes'],
    cpuCores: request.cpuCores ?? config['defaults.estimated_cpu_cores'],
    killTimeoutMs: request.killTimeoutMs ?? KILL_FACTOR * timeMs,
  };
}

/** The start on this host, ISO 8601. */
interface Starts {
  readonly latest_start?: unknown;
  readonly expected_start?: unknown;
}

/** Null when the other engine starts it no sooner than this host promises. */
function sooner(config: Config, here: Starts, startMs: number, nowMs: number): Elsewhere | null {
  const hereMs = Date.parse(String(here.latest_start ?? here.expected_start));
  if (startMs + config['engine.auto_margin'] >= (Number.isNaN(hereMs) ? Number.POSITIVE_INFINITY : hereMs))
    return null;
  return { engine: OTHER, startMs: Math.max(startMs, nowMs) };
}

function elsewhereView({ engine, startMs }: Elsewhere): NonNullable<TestRunView['elsewhere']> {
  return { engine, expected_start: new Date(startMs).toISOString() };
}

function withOther(error: BabysitError, other: Elsewhere): BabysitError {
  const elsewhere = elsewhereView(other);
  const { engine, expected_start: start } = elsewhere;
  return new BabysitError(error.code, error.message, {
    ...error.extra,
    elsewhere,
    hint: `${error.hint} Or add --engine=${engine}: it starts there about ${start}.`,
  });
}
