// From a shell command to the advice against it, or to nothing.
import { type Advice, adviseOn } from './advice.ts';
import { findPoll } from './poll.ts';
import { TooMuch, traceCode } from './trace.ts';

/** Anywhere in the command: in a comment, or as a variable. */
export const BYPASS = 'BYPASS_SLEEP_BABYSIT_CHECK';

/** Longer ones are data rather than commands; parsing takes 10 ms a megabyte. */
const COMMAND_MAX_CHARS = 1_000_000;

/** Null: the command may run. What cannot be understood may run too. */
export function decide(command: string): Advice | null {
  if (command.includes(BYPASS) || command.length > COMMAND_MAX_CHARS || !/babysit/i.test(command))
    return null;
  try {
    const poll = findPoll(traceCode(command));
    return poll === null ? null : adviseOn(poll);
  } catch (error) {
    if (error instanceof TooMuch) return null;
    throw error;
  }
}
