// The standard streams of a task whose client is its standard input and output.

/**
 * `pipe`: through the relay to the client. `terminal`: of the task's own terminal, likewise. `log`: to the log only.
 * `stdout`: what standard output is, so that both keep their order.
 */
export interface Streams {
  readonly stdin: 'pipe' | 'terminal' | 'null' | 'closed';
  readonly stdout: 'pipe' | 'terminal' | 'log' | 'closed';
  readonly stderr: 'pipe' | 'terminal' | 'stdout' | 'log' | 'closed';
}

/** The named pipes of an attempt; each is a file next to its directory. */
export interface Pipes {
  readonly in: string | null;
  readonly out: string | null;
  readonly err: string | null;
  /** From the relay to the log writer. */
  readonly log: string | null;
  /**
   * Passes nothing: the command waits until the relay has opened it, after its input. Otherwise it waits for its output. A
   * command that comes first would find the end of an input that no process has open for writing.
   */
  readonly gate: string | null;
}

/** `dir`: the directory of the attempt. */
export function pipesOf({ stdin, stdout, stderr }: Streams, dir: string): Pipes {
  const isRelayed = stdout === 'pipe' || stdout === 'terminal' || stderr === 'pipe';
  const hasInput = stdin === 'pipe' || stdin === 'terminal';
  return {
    in: hasInput ? `${dir}.in` : null,
    out: stdout === 'pipe' || stdout === 'terminal' ? `${dir}.out` : null,
    err: stderr === 'pipe' ? `${dir}.err` : null,
    log: isRelayed ? `${dir}.relay` : null,
    gate: hasInput && !isRelayed ? `${dir}.out` : null,
  };
}

/** Those that a task with these streams has. */
export function pipePaths(streams: Streams, dir: string): string[] {
  return Object.values(pipesOf(streams, dir)).filter((path) => path !== null);
}

/** A file that exists when the command has stopped itself, or was stopped from its own terminal. */
export function stopMark(dir: string): string {
  return `${dir}/stopped`;
}

/**
 * A file that exists when the command has its own terminal, and gets the keys and signals. Its content is the path of the
 * terminal and the process that leads its session.
 */
export function terminalMark(dir: string): string {
  return `${dir}.tty`;
}

export function usesTerminal({ stdin, stdout, stderr }: Streams): boolean {
  return [stdin, stdout, stderr].includes('terminal');
}
