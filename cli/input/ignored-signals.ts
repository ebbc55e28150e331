// Keeps ignoring the signals that the caller ignores, as under nohup: Node gives them their default action again.
import { constants } from 'node:os';
import { IGNORABLE, type Ignorable } from '../../src/core/inherited.ts';

/** The launcher passes the mask of /proc/PID/status, in hexadecimal. */
const MASK = 'BABYSIT_IGNORED';
/** Node ignores the first two itself. A read of a terminal in the background would be repeated without an end after SIGTTIN. */
const NOT_HANDLED: readonly Ignorable[] = ['SIGPIPE', 'SIGXFSZ', 'SIGTTIN', 'SIGTTOU'];

export function ignoredSignals(env: NodeJS.ProcessEnv): readonly Ignorable[] {
  const mask = env[MASK];
  if (mask === undefined || !/^[\da-f]{1,32}$/i.test(mask)) return [];
  const bits = BigInt(`0x${mask}`);
  return IGNORABLE.filter((name) => (bits >> BigInt(constants.signals[name] - 1)) & 1n);
}

export function keepIgnoring(env: NodeJS.ProcessEnv): void {
  for (const name of ignoredSignals(env)) if (!NOT_HANDLED.includes(name)) process.on(name, () => {});
}

/** Of these signals, those that have an effect on this process. */
export function heeded<S extends NodeJS.Signals>(signals: readonly S[], env: NodeJS.ProcessEnv): S[] {
  const ignored: readonly NodeJS.Signals[] = ignoredSignals(env);
  return signals.filter((name) => !ignored.includes(name));
}
