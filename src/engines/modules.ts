// The engines with a queue of their own. A new one is a folder and a line here, and its row in src/core/engine-traits.ts.
import type { QueueEngineKind } from '../core/engine-traits.ts';
import type { CheckParts, EngineCheck, EngineModule, EngineParts } from './engine-module.ts';
import type { QueueEngine } from './port.ts';
import { SLURM } from './slurm/module.ts';

const MODULES: Readonly<Record<QueueEngineKind, EngineModule>> = {
  slurm: SLURM,
};

export function openQueueEngines(
  parts: EngineParts,
): Readonly<Partial<Record<QueueEngineKind, QueueEngine>>> {
  return Object.fromEntries(Object.entries(MODULES).map(([kind, module]) => [kind, module.open(parts)]));
}

/** The checks of doctor. */
export async function checkQueueEngines(parts: CheckParts): Promise<EngineCheck[]> {
  return (await Promise.all(Object.values(MODULES).map((module) => module.checks(parts)))).flat();
}
