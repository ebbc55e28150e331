// Reads the limits, CPUs, niceness and terminal of the caller, which its tasks get.
import { getPriority } from 'node:os';
import { isatty } from 'node:tty';
import type { Rlimits, TerminalSize } from '../../src/core/inherited.ts';
import { readCpus, readRlimits } from '../../src/procfs/process/inherited.ts';
import type { Caller } from '../../src/request/request.ts';
import { RAISED, type SoftLimits } from './environ.ts';

export function inheritedFrom(
  softLimits: SoftLimits,
): Pick<Caller, 'rlimits' | 'cpus' | 'nice' | 'terminal'> {
  const nice = getPriority();
  return {
    ...(nice > 0 ? { nice } : {}),
    rlimits: withoutRaise(readRlimits(), softLimits),
    cpus: readCpus() ?? undefined,
    terminal: terminalSize(),
  };
}

function withoutRaise(rlimits: Rlimits, softLimits: SoftLimits): Rlimits {
  const found = { ...rlimits };
  for (const { name } of RAISED) {
    const [soft, limit] = [softLimits[name], rlimits[name]];
    if (soft === undefined || limit === undefined) delete found[name];
    else found[name] = [soft, limit[1]];
  }
  return found;
}

function terminalSize(): TerminalSize | undefined {
  // The streams of Node load slowly, so the fast way to ask comes first.
  for (const [fd, name] of [
    [1, 'stdout'],
    [2, 'stderr'],
  ] as const) {
    if (!isatty(fd)) continue;
    const { columns, rows } = process[name];
    if (columns > 0 && rows > 0) return { columns, rows };
  }
  return undefined;
}
