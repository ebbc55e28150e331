// Chooses the engine of a request: what it needs of this host or of a cluster, else what it asks for.
import type { Config } from '../../config/settings.ts';
import { BabysitError } from '../../core/errors.ts';
import type { Task } from '../../core/task.ts';
import type { RunRequest } from '../../request/request.ts';

/** A request that needs a process of this host runs here, unless it asks for another engine. */
export function engineOf(run: RunRequest, config: Config): Pick<Task, 'engine'> {
  const asked = run.engine ?? config['engine.default'];
  const needs = asked === 'slurm' ? neededHere(run) : neededThere(run);
  if (needs === null) return asked === 'slurm' ? { engine: asked } : {};
  if (asked === 'slurm' && run.engine === null) return {};
  const other = asked === 'slurm' ? 'local' : 'slurm';
  throw new BabysitError('usage', `--engine=${asked} does not work with ${needs}`, {
    hint: `Leave out ${needs}, or run it with --engine=${other}.`,
  });
}

/** What of the request only a process of this host can have; null: nothing. */
export function neededHere({
  stdin,
  pty,
  journal,
  unit,
  slice,
  driver,
  caller,
  lease,
}: RunRequest): string | null {
  if (stdin) return '--stdin';
  if (pty) return '--pty';
  if (lease !== null) return '--lease';
  if (caller.streams !== undefined) return 'exec';
  if (unit !== null) return '--unit';
  if (slice !== null) return '--slice';
  if (driver === 'systemd') return '--driver=systemd';
  return journal === true ? '--journal' : null;
}

/** What of the request only a cluster counts; null: nothing. */
export function neededThere({ gpus, use }: RunRequest): string | null {
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
