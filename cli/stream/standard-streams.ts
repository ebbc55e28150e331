// Finds out what the standard streams of this command are: the task gets streams of the same kinds.
import { fstatSync, type Stats, statSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Streams } from '../../src/core/streams.ts';

/** The launcher names the descriptors that its caller has closed: Node opens them. */
const CLOSED = 'BABYSIT_CLOSED';

/** Only a terminal as standard output makes a terminal for the task: else it would mix its output streams. */
export function standardStreams(env: NodeJS.ProcessEnv): Streams {
  const closed = (env[CLOSED] ?? '').split(' ');
  const isClosed = (fd: number) => closed.includes(String(fd));
  const hasTerminal = !isClosed(1) && isatty(1);
  return {
    stdin: isClosed(0) ? 'closed' : hasTerminal && isatty(0) ? 'terminal' : isNull(0) ? 'null' : 'pipe',
    stdout: isClosed(1) ? 'closed' : hasTerminal ? 'terminal' : 'pipe',
    stderr: isClosed(2)
      ? 'closed'
      : hasTerminal && isatty(2)
        ? 'terminal'
        : !hasTerminal && !isClosed(1) && isSame(1, 2)
          ? 'stdout'
          : 'pipe',
  };
}

function isNull(fd: number): boolean {
  const { rdev } = statSync('/dev/null');
  const found = statOf(fd);
  return found?.isCharacterDevice() === true && found.rdev === rdev;
}

function isSame(one: number, other: number): boolean {
  const [a, b] = [statOf(one), statOf(other)];
  return a !== null && b !== null && a.dev === b.dev && a.ino === b.ino;
}

function statOf(fd: number): Stats | null {
  try {
    return fstatSync(fd);
  } catch {
    return null;
  }
}
