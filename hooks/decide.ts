// Decides whether a shell command may run, and what to run instead.
import { type Advice, adviseOn } from './advice.ts';
import { interpret, TooComplex } from './interpret.ts';
import { findPoll } from './poll.ts';

/** Turns the check off anywhere in the command, such as in a comment or as a variable. */
const BYPASS = 'BYPASS_SLEEP_BABYSIT_CHECK';

/** A longer command is mostly data. Parsing takes 10 ms a megabyte. */
const COMMAND_MAX_CHARS = 1_000_000;

/** Returns null when the command may run, also when it cannot be interpreted. */
export function decide(command: string): Advice | null {
  if (command.includes(BYPASS) || command.length > COMMAND_MAX_CHARS || !/babysit/i.test(command))
    return null;
  try {
    const poll = findPoll(interpret(command));
    return poll === null ? null : adviseOn(poll);
  } catch (error) {
    if (error instanceof TooComplex) return null;
    throw error;
  }
}
