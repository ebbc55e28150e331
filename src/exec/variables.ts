// Decides how each variable of a command is set: exported by bash, or by env(1), which costs one more execution.
import type { Environment } from './environment.ts';

export type Variable = readonly [name: string, value: string];

export interface SplitEnvironment {
  /** Values for bash to export before `exec`. */
  readonly exported: readonly Variable[];
  readonly viaEnv: readonly Variable[];
  /** Variables that bash adds and the caller does not have. */
  readonly unset: readonly string[];
}

/** Names that bash can export. */
const EXPORTABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Names that bash reserves, resets, or obeys. */
const SHELL_OWN =
  /^(IFS|LINENO|PPID|UID|EUID|GROUPS|SHELLOPTS|S?RANDOM|SECONDS|EPOCHSECONDS|EPOCHREALTIME|FUNCNAME|DIRSTACK|PIPESTATUS|HISTCMD|OPTIND|EXECIGNORE|POSIXLY_CORRECT|BASH.*)$/;
/** bash counts in up to 1000. */
const LEVEL = /^(0|[1-9]\d{0,2})$/;

/** `_` is what bash makes it: the path of the executed program. */
export function splitEnvironment({ _, SHLVL: level, ...env }: Environment): SplitEnvironment {
  const entries = Object.entries(env);
  const isExportable = ([name]: Variable) => EXPORTABLE.test(name) && !SHELL_OWN.test(name);
  const exported: Variable[] = entries.filter(isExportable);
  const viaEnv: Variable[] = entries.filter((entry) => !isExportable(entry));
  // The launch script subtracts one from SHLVL, and `exec` adds the variable when it is not set.
  if (level === undefined) return { exported, viaEnv, unset: ['SHLVL'] };
  if (!LEVEL.test(level)) return { exported, viaEnv: [...viaEnv, ['SHLVL', level]], unset: [] };
  return { exported: [...exported, ['SHLVL', String(Number(level) + 1)]], viaEnv, unset: [] };
}
