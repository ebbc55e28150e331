// Refuses at submission what execve(2) would refuse when the task starts.
import { BabysitError } from '../core/errors.ts';
import { bytesOf } from '../text/bytes.ts';
import type { RunRequest } from './request.ts';

/** Linux: MAX_ARG_STRLEN is 32 pages; argv and environment together get a quarter of the stack of 8 MiB. */
const MAX_STRING_BYTES = 131_071;
const MAX_ENVIRONMENT_BYTES = 2 * 1024 ** 2 - MAX_STRING_BYTES;

/** Throws BabysitError usage. */
export function checkCommand({ line, argv }: Pick<RunRequest, 'line' | 'argv'>): void {
  if (line !== null) checkLength('the command', line);
  for (const word of argv ?? []) checkLength('an argument of the command', word);
}

/** Throws BabysitError usage. The message contains no value of a variable. */
export function checkEnvironment(variables: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(variables))
    bytes += checkLength(`the environment variable ${name}`, `${name}=${value}`);
  if (bytes > MAX_ENVIRONMENT_BYTES)
    throw new BabysitError(
      'usage',
      `the environment is ${bytes} bytes long; the limit of the kernel is ${MAX_ENVIRONMENT_BYTES}. Unset variables that the task does not need.`,
    );
}

function checkLength(what: string, text: string): number {
  const bytes = text.length < MAX_STRING_BYTES / 3 ? text.length : bytesOf(text).length;
  if (bytes > MAX_STRING_BYTES)
    throw new BabysitError(
      'usage',
      `${what} is ${bytes} bytes long; the limit of the kernel is ${MAX_STRING_BYTES}. Put it into a file.`,
    );
  return bytes;
}
