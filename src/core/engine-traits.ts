// The engines: what differs between them for everything outside of their folders in src/engines. Pure.

export interface EngineTraits {
  /** It decides itself when an attempt starts. False: the scheduler of this host decides. */
  readonly hasQueue: boolean;
  /** Attempts are processes of this host: they use its memory and cores, follow its rules, and can have its terminals and units. */
  readonly usesHost: boolean;
  /** Attempts keep running while this host restarts. */
  readonly outlivesHost: boolean;
  /** It counts GPUs and named resources: `--gpus` and `--use`. */
  readonly countsResources: boolean;
}

/** A new engine is a row here and a folder in src/engines; the compiler then asks for its module there. */
const ENGINES = {
  local: { hasQueue: false, usesHost: true, outlivesHost: false, countsResources: false },
  slurm: { hasQueue: true, usesHost: false, outlivesHost: true, countsResources: true },
} as const satisfies Readonly<Record<string, EngineTraits>>;

export type EngineKind = keyof typeof ENGINES;
export const ENGINE_KINDS = Object.keys(ENGINES) as [EngineKind, ...EngineKind[]];
/** The engine of a task that names none. */
export const HOST_ENGINE = 'local' satisfies EngineKind;
export type QueueEngineKind = Exclude<EngineKind, typeof HOST_ENGINE>;
/** What a request may ask for. `auto`: where it starts sooner. */
export const ENGINE_CHOICES = [...ENGINE_KINDS, 'auto'] as const;

/** Of the engine of a task. */
export function traitsOf({ engine }: { readonly engine?: EngineKind | undefined }): EngineTraits {
  return ENGINES[engine ?? HOST_ENGINE];
}
