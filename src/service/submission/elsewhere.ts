// Compares this host with an engine that has a queue of its own: for --engine=auto, and in the error capacity_exceeded.
import type { Config } from '../../config/settings.ts';
import { BabysitError } from '../../core/errors.ts';
import { KILL_FACTOR } from '../../core/estimate.ts';
import type { QueueEngineKind } from '../../core/task.ts';
import type { Engine } from '../../engine/engine.ts';
import type { RunRequest } from '../../request/request.ts';
import { neededHere } from './new-task.ts';

export interface ElsewhereDeps {
  readonly engine: Pick<Engine, 'expectedStart'>;
  readonly config: Config;
  nowMs(): number;
}

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
  const isAuto = (request.engine ?? config['engine.default']) === 'auto';
  if (isAuto && neededHere(request) !== null) return submit({ ...request, engine: 'local' });
  try {
    return await submit(isAuto ? { ...request, engine: 'auto', queue: false } : request);
  } catch (error) {
    if (!(error instanceof BabysitError) || !isRefusedHere(error) || !isShared(config, request)) {
      if (!isAuto || !isQueueable(config, request, error)) throw error;
      return submit({ ...request, engine: 'local', queue: true });
    }
    const other = await sooner(deps, request, error);
    if (isAuto && other !== null) return submit({ ...request, engine: other.engine });
    if (isAuto && isQueueable(config, request, error))
      return submit({ ...request, engine: 'local', queue: true });
    throw other === null ? error : withOther(error, other);
  }
}

/** A person's hold counts for every engine. */
function isRefusedHere({ code, extra }: BabysitError): boolean {
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

/** Null when the other engine starts it no sooner, refuses it, or does not answer. */
async function sooner(
  { engine, config, nowMs }: ElsewhereDeps,
  request: RunRequest,
  error: BabysitError,
): Promise<Elsewhere | null> {
  const timeMs = request.timeMs ?? config['defaults.estimated_time'];
  const startMs = await engine.expectedStart(OTHER, {
    memBytes: request.memBytes ?? config['defaults.estimated_mem_bytes'],
    cpuCores: request.cpuCores ?? config['defaults.estimated_cpu_cores'],
    killTimeoutMs: request.killTimeoutMs ?? KILL_FACTOR * timeMs,
  });
  const { latest_start: latest, expected_start: expected } = error.extra;
  const hereMs = Date.parse(String(latest ?? expected));
  if (
    startMs === null ||
    startMs + config['engine.auto_margin'] >= (Number.isNaN(hereMs) ? Number.POSITIVE_INFINITY : hereMs)
  )
    return null;
  return { engine: OTHER, startMs: Math.max(startMs, nowMs()) };
}

function withOther(error: BabysitError, { engine, startMs }: Elsewhere): BabysitError {
  const start = new Date(startMs).toISOString();
  return new BabysitError(error.code, error.message, {
    ...error.extra,
    elsewhere: { engine, expected_start: start },
    hint: `${error.hint} Or add --engine=${engine}: it starts there about ${start}.`,
  });
}
