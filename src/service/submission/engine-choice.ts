// Chooses the engine of a request: what it needs of this host or of a cluster, else what it asks for.
import type { Config } from '../../config/settings.ts';
import { ENGINE_KINDS, type EngineKind, HOST_ENGINE, traitsOf } from '../../core/engine-traits.ts';
import { BabysitError } from '../../core/errors.ts';
import type { Task } from '../../core/task.ts';
import type { RunRequest } from '../../request/request.ts';

/** A request that needs a process of this host runs here, unless it asks for another engine. */
export function engineOf(run: RunRequest, config: Config): Pick<Task, 'engine'> {
  const asked = run.engine ?? config['engine.default'];
  const kind = asked === 'auto' ? HOST_ENGINE : asked;
  const missing = missingAt(kind, run);
  if (missing === null) return kind === HOST_ENGINE ? {} : { engine: kind };
  const [other] = enginesFor(run);
  if (run.engine === null && other === HOST_ENGINE) return {};
  throw new BabysitError('usage', `--engine=${asked} does not work with ${missing}`, {
    hint: `Leave out ${missing}${other === undefined ? '' : `, or run it with --engine=${other}`}.`,
  });
}

/** The engines that have all that the request needs. */
export function enginesFor(run: RunRequest): EngineKind[] {
  return ENGINE_KINDS.filter((kind) => missingAt(kind, run) === null);
}

/** What of the request the engine does not have; null: nothing. */
function missingAt(engine: EngineKind, run: RunRequest): string | null {
  const { usesHost, countsResources } = traitsOf({ engine });
  return (usesHost ? null : processFlag(run)) ?? (countsResources ? null : resourceFlag(run));
}

/** What only a process of this host can have. */
function processFlag({ stdin, pty, journal, unit, slice, driver, caller, lease }: RunRequest): string | null {
  if (stdin) return '--stdin';
  if (pty) return '--pty';
  if (lease !== null) return '--lease';
  if (caller.streams !== undefined) return 'exec';
  if (unit !== null) return '--unit';
  if (slice !== null) return '--slice';
  if (driver === 'systemd') return '--driver=systemd';
  return journal === true ? '--journal' : null;
}

function resourceFlag({ gpus, use }: RunRequest): string | null {
  if (gpus !== null) return '--gpus';
  return use === null ? null : '--use';
}

/** Throws usage for a name that no resource of a cluster has. */
export function resourcesOf({ gpus, use }: RunRequest): Pick<Task, 'resources'> {
  if (gpus === null && use === null) return {};
  const wrong = use?.find((each) => !RESOURCE.test(each));
  if (wrong !== undefined)
    throw new BabysitError('usage', `"${wrong}" in --use is not the name of a resource`, {
      hint: 'Give names with an optional count, such as --use=matlab:2. On a cluster scontrol show licenses lists them.',
    });
  return { resources: { gpus: gpus ?? 0, named: use ?? [] } };
}

const RESOURCE = /^[\w.@-]+(:[1-9]\d*)?$/;
