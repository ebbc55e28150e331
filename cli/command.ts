// Defines a command: its help, its flags and its function.

import type { Session } from './client/session.ts';
import type { FlagSpecs, Parsed } from './input/argv.ts';
import type { Output } from './output/output.ts';

export interface Context {
  readonly output: Output;
  readonly session: Session;
  readonly env: NodeJS.ProcessEnv;
  /** --full: every field instead of the selection for the next step. */
  readonly full: boolean;
  /** The overview, or the help of the command that `word` names. Throws BabysitError usage for an unknown command. */
  readonly help: (word?: string) => Promise<string>;
  readonly commands: CommandTable;
}

export interface CommandEntry {
  readonly summary: string;
  readonly aliases?: readonly string[];
  readonly load: () => Promise<{ readonly command: Command }>;
}

export interface CommandTable {
  readonly entries: Readonly<Record<string, CommandEntry>>;
  /** Returns the name in the table for `daemon_start`, `logs` and the like, else null. */
  readonly resolve: (word: string) => string | null;
}

export interface Command<S extends FlagSpecs = FlagSpecs> {
  /** The usage line without `babysit`. */
  readonly usage: string;
  readonly about: string;
  readonly flags: S;
  readonly examples: readonly string[];
  /** Exit code of each failure of babysit itself; absent: that of the error. */
  readonly failureExit?: number;
  /** Resolves with the exit code; throws BabysitError. */
  readonly run: (context: Context, parsed: Parsed<S>) => Promise<number>;
}

/** Accepted by every command. */
export const COMMON_FLAGS = {
  json: { kind: 'switch', help: 'print JSON, also on a terminal' },
  full: { kind: 'switch', help: 'print every field' },
  help: { kind: 'switch', short: 'h', help: 'print this help' },
} as const satisfies FlagSpecs;

/** Types the flags for `run`. */
export function defineCommand<const S extends FlagSpecs>(command: Command<S>): Command {
  return command as unknown as Command;
}
