// Reads the limits, CPUs and terminal of the caller, which its tasks get.
import type { Rlimits, TerminalSize } from '../../src/core/inherited.ts';
import { readCpus, readRlimits } from '../../src/procfs/process/inherited.ts';
import type { Caller } from '../../src/request/request.ts';

/** `nofileSoft`: the soft limit before Node raised it; null if it is not known. */
export function inheritedFrom(nofileSoft: string | null): Pick<Caller, 'rlimits' | 'cpus' | 'terminal'> {
  return {
    rlimits: withoutRaise(readRlimits(), nofileSoft),
    cpus: readCpus() ?? undefined,
    terminal: terminalSize(),
  };
}

function withoutRaise(rlimits: Rlimits, nofileSoft: string | null): Rlimits {
  const { nofile, ...others } = rlimits;
  if (nofile === undefined) return others;
  return nofileSoft === null ? others : { ...others, nofile: [nofileSoft, nofile[1]] };
}

function terminalSize(): TerminalSize | undefined {
  for (const { isTTY, columns, rows } of [process.stdout, process.stderr])
    if (isTTY && columns > 0 && rows > 0) return { columns, rows };
  return undefined;
}
