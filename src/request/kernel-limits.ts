// What the kernel refuses to execute: said at submission, not when the task starts.
import { BabysitError } from '../core/errors.ts';
import type { RunRequest } from './request.ts';

/** MAX_ARG_STRLEN of Linux (32 pages), and what argv and environment may take together under a stack of 8 MiB. */
const MAX_STRING_BYTES = 131_071;
const MAX_ENVIRONMENT_BYTES = 2 * 1024 ** 2 - MAX_STRING_BYTES;

/** Throws BabysitError usage. */
export function checkCommand({ line, argv }: RunRequest): void {
  if (line !== null) checkLength('the command', line);
  for (const word of argv ?? []) checkLength('an argument of the command', word);
}

/** Throws BabysitError usage, without a value of the environment in it. */
export function checkEnvironment(variables: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(variables))
    bytes += checkLength(`the environment variable ${name}`, `${name}=${value}`);
  if (bytes > MAX_ENVIRONMENT_BYTES)
    throw new BabysitError(
      'usage',
      `the environment is ${bytes} bytes long; the kernel starts nothing with more than ${MAX_ENVIRONMENT_BYTES}. Unset what the task does not need.`,
    );
}

function checkLength(what: string, text: string): number {
  const bytes = text.length < MAX_STRING_BYTES / 3 ? text.length : Buffer.byteLength(text);
  if (bytes > MAX_STRING_BYTES)
    throw new BabysitError(
      'usage',
      `${what} is ${bytes} bytes long; the kernel starts nothing with more than ${MAX_STRING_BYTES}. Put it into a file.`,
    );
  return bytes;
}
