// Writes results to stdout and messages to stderr, as JSON for programs and as text for people.
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { BabysitError } from '../../src/core/errors.ts';
import { escapeField, showControls } from '../../src/text/terminal.ts';
import { denialView } from './short/short-denial.ts';

export interface Output {
  /** Results are JSON: --json, or stdout is not a terminal. */
  readonly json: boolean;
  /** Messages are JSON: --json, or stderr is not a terminal. */
  readonly jsonMessages: boolean;
  /** stdout is a terminal: the caller removes control sequences from the text of a task. */
  readonly terminal: boolean;
  readonly color: boolean;
  /** Writes to stdout without a change. */
  data(chunk: string | Uint8Array): void;
  /** Writes to stderr without a change. Ignores errors of it: a message is not the result. */
  message(chunk: string): void;
  /** Writes a result to stdout: `value` as one JSON line, or the text with its newlines. */
  result(value: object, text: () => string): void;
  /** Writes a message to stderr: `value` as one JSON line, or the text with its newlines. */
  notify(value: object, text: () => string): void;
}

export function createOutput(forceJson: boolean, env: NodeJS.ProcessEnv): Output {
  const terminal = isatty(1);
  const messagesToTerminal = isatty(2);
  const json = forceJson || !terminal;
  const jsonMessages = forceJson || !messagesToTerminal;
  const data = (chunk: string | Uint8Array): void => {
    try {
      writeAll(1, terminal && typeof chunk === 'string' ? showControls(chunk) : chunk);
    } catch (error) {
      if (isClosedPipe(error)) throw error;
      throw new BabysitError('output_failed', `cannot write to standard output: ${(error as Error).message}`);
    }
  };
  const message = (chunk: string): void => {
    try {
      writeAll(2, messagesToTerminal ? showControls(chunk) : chunk);
    } catch {
      // Closed, or a full disk.
    }
  };
  return {
    json,
    jsonMessages,
    terminal,
    color: !json && !env.NO_COLOR && env.TERM !== 'dumb',
    data,
    message,
    result: (value, text) => data(json ? `${JSON.stringify(value)}\n` : text()),
    notify: (value, text) => message(jsonMessages ? `${JSON.stringify(value)}\n` : text()),
  };
}

/** `full`: also what does not fit in 400 bytes. */
export function printError(output: Output, error: BabysitError, full = false): void {
  const { message, extra, hint } = error;
  output.notify(errorView(error, full), () => {
    const suggested = extra.suggested_command;
    const next = typeof suggested === 'string' ? `  try:  ${escapeField(suggested)}\n` : '';
    return `babysit: ${escapeField(message)}\n  hint: ${escapeField(hint)}\n${next}`;
  });
}

/** In a soft-deny the dimension and its numbers come first. */
export function errorView({ code, message, extra, hint }: BabysitError, full = false): object {
  if (code !== 'capacity_exceeded') return { error: code, message, hint, ...extra };
  const denial = { error: code, ...extra, hint };
  return full ? denial : denialView(denial);
}

export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'EPIPE';
}

// Synchronous: no data is left to flush at exit, and process.stdout would add to the start-up time.
function writeAll(fd: number, chunk: string | Uint8Array): void {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      // The reader has made the pipe non-blocking and reads slowly.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
