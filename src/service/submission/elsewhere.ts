// Compares this host with an engine that has a queue of its own: for --engine=auto, and in the error capacity_exceeded.
import type { TestRunView } from '../../api/schemas/capacity.ts';
import type { Config } from '../../config/settings.ts';
import { ENGINE_KINDS, HOST_ENGINE, traitsOf } from '../../core/engine-traits.ts';
import { BabysitError } from '../../core/errors.ts';
import { KILL_FACTOR } from '../../core/estimate.ts';
import type { Engine } from '../../engine/engine.ts';
import type { RunRequest } from '../../request/request.ts';
import { enginesFor } from './engine-choice.ts';

export interface ElsewhereDeps {
  readonly engine: Pick<Engine, 'soonest'>;
  readonly config: Config;
  nowMs(): number;
}

type EngineNeed = Parameters<Engine['soonest']>[1];

/** An engine with a queue of its own, and when it would start the task, in epoch ms. */
type Offer = NonNullable<Awaited<ReturnType<Engine['soonest']>>>;

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
    const offer = isRefusedHere(error) ? await offerFor(deps, request) : null;
    return submit(secondTry(deps, request, error, offer));
  }
}

/** The answer to a test, with an engine that starts the task sooner. */
export async function testedElsewhere(
  deps: ElsewhereDeps,
  request: RunRequest,
  view: TestRunView,
): Promise<TestRunView> {
  if (view.starts_now || traitsOf(view).hasQueue || view.waiting?.dim === 'hold') return view;
  const other = sooner(deps, view, await offerFor(deps, request));
  return other === null ? view : { ...view, elsewhere: elsewhereView(other) };
}

/** A round of the loop awaits nothing, so the other engine is asked before. The result submits one line. */
export async function batchAnywhere(
  deps: ElsewhereDeps,
  lines: readonly (RunRequest | BabysitError)[],
): Promise<<T>(request: RunRequest, submit: (request: RunRequest) => T) => T> {
  const { config } = deps;
  const offers = new Map<string, Promise<Offer | null>>();
  const keyOf = (request: RunRequest) => JSON.stringify([needOf(config, request), isShared(config, request)]);
  for (const line of lines) {
    if (line instanceof BabysitError || !isAuto(config, line) || !isShared(config, line)) continue;
    const key = keyOf(line);
    if (offers.size < FORECASTS_MAX && !offers.has(key)) offers.set(key, offerFor(deps, line));
  }
  const known = new Map<string, Offer | null>();
  for (const [key, offer] of offers) known.set(key, await offer);
  return (request, submit) => {
    if (!isAuto(config, request)) return submit(firstTry(config, request));
    try {
      return submit(firstTry(config, request));
    } catch (error) {
      const offer = isRefusedHere(error) ? (known.get(keyOf(request)) ?? null) : null;
      return submit(secondTry(deps, request, error, offer));
    }
  };
}

/** Different needs in one batch. */
const FORECASTS_MAX = 100;

const asksForAuto = (config: Config, { engine }: RunRequest) =>
  (engine ?? config['engine.default']) === 'auto';

/** Any engine can run it. */
const isAuto = (config: Config, request: RunRequest) =>
  asksForAuto(config, request) && enginesFor(request).length === ENGINE_KINDS.length;

/** The first start on an engine with a queue of its own that has all the request needs. */
async function offerFor({ engine, config }: ElsewhereDeps, request: RunRequest): Promise<Offer | null> {
  if (!isShared(config, request)) return null;
  return engine.soonest(
    enginesFor(request).filter((kind) => kind !== request.engine),
    needOf(config, request),
  );
}

function firstTry(config: Config, request: RunRequest): RunRequest {
  if (isAuto(config, request)) return { ...request, engine: 'auto', queue: false };
  if (!asksForAuto(config, request)) return request;
  return { ...request, engine: enginesFor(request)[0] ?? HOST_ENGINE };
}

/** Throws the error of the first try where it is final. */
function secondTry(
  deps: ElsewhereDeps,
  request: RunRequest,
  error: unknown,
  offer: Offer | null,
): RunRequest {
  const { config } = deps;
  const other = error instanceof BabysitError ? sooner(deps, error.extra, offer) : null;
  if (isAuto(config, request)) {
    if (other !== null) return { ...request, engine: other.engine };
    if (isQueueable(config, request, error)) return { ...request, engine: HOST_ENGINE, queue: true };
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
function sooner({ config, nowMs }: ElsewhereDeps, here: Starts, offer: Offer | null): Offer | null {
  if (offer === null) return null;
  const { engine, startMs } = offer;
  const hereMs = Date.parse(String(here.latest_start ?? here.expected_start));
  if (startMs + config['engine.auto_margin'] >= (Number.isNaN(hereMs) ? Number.POSITIVE_INFINITY : hereMs))
    return null;
  return { engine, startMs: Math.max(startMs, nowMs()) };
}

function elsewhereView({ engine, startMs }: Offer): NonNullable<TestRunView['elsewhere']> {
  return { engine, expected_start: new Date(startMs).toISOString() };
}

function withOther(error: BabysitError, other: Offer): BabysitError {
  const elsewhere = elsewhereView(other);
  const { engine, expected_start: start } = elsewhere;
  return new BabysitError(error.code, error.message, {
    ...error.extra,
    elsewhere,
    hint: `${error.hint} Or add --engine=${engine}: it starts there about ${start}.`,
  });
}
