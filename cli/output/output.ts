// Where words go: data to stdout, talk to stderr, as JSON for programs and as text for people.
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { BabysitError } from '../../src/core/errors.ts';
import { escapeField, showControls } from '../../src/text/terminal.ts';

export interface Output {
  /** Data is to be JSON: --json, or stdout is no terminal. */
  readonly json: boolean;
  /** Events and errors are to be JSON: --json, or stderr is no terminal. */
  readonly talkJson: boolean;
  /** stdout is a terminal: what a task wrote must be made harmless first. */
  readonly terminal: boolean;
  readonly color: boolean;
  /** To stdout, as it is. */
  data(chunk: string | Uint8Array): void;
  /** To stderr, as it is. A reader that went away is no error: talk is not the result. */
  talk(chunk: string): void;
}

export function createOutput(forceJson: boolean, env: NodeJS.ProcessEnv): Output {
  const terminal = isatty(1);
  const talksToTerminal = isatty(2);
  const json = forceJson || !terminal;
  return {
    json,
    terminal,
    talkJson: forceJson || !talksToTerminal,
    color: !json && !env.NO_COLOR && env.TERM !== 'dumb',
    data: (chunk) => writeAll(1, terminal && typeof chunk === 'string' ? showControls(chunk) : chunk),
    talk: (chunk) => {
      try {
        writeAll(2, talksToTerminal ? showControls(chunk) : chunk);
      } catch (error) {
        if (!isClosedPipe(error)) throw error;
      }
    },
  };
}

/** One JSON line for programs, two short lines for people. */
export function printError(output: Output, error: BabysitError): void {
  const { message, extra, hint } = error;
  if (!output.talkJson) {
    output.talk(`babysit: ${escapeField(message)}\n  hint: ${escapeField(hint)}\n`);
    const suggested = extra.suggested_command;
    if (typeof suggested === 'string') output.talk(`  try:  ${escapeField(suggested)}\n`);
    return;
  }
  output.talk(`${JSON.stringify(errorView(error))}\n`);
}

/** A soft-deny is a contract of its own: the dimension and its numbers come first. */
export function errorView({ code, message, extra, hint }: BabysitError): object {
  return code === 'capacity_exceeded'
    ? { error: code, ...extra, hint }
    : { error: code, message, hint, ...extra };
}

export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'EPIPE';
}

// Synchronous, so that nothing is left to flush at exit; and process.stdout would cost its own start-up.
function writeAll(fd: number, chunk: string | Uint8Array): void {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      // The other end made the pipe non-blocking and is slow to read.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
