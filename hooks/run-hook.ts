// Reads the event of a hook and writes its reply. A hook that fails must not block the harness.
import { readFileSync, writeSync } from 'node:fs';
import { parseJson } from '../src/text/json.ts';
import type { Reply } from './harness.ts';

const BOM = '\uFEFF';

/** Returns the exit code. `reply` gets the words of the command line. */
export async function runHook(reply: (words: readonly string[]) => Promise<Reply>): Promise<number> {
  try {
    const { exitCode, stdout, stderr, onSent } = await reply(process.argv.slice(2));
    if (stdout !== '') writeSync(1, stdout);
    if (stderr !== '') writeSync(2, stderr);
    await onSent?.();
    return exitCode;
  } catch {
    return 0;
  }
}

export function readEvent(): unknown {
  const input = readFileSync(0, 'utf8');
  return parseJson(input.startsWith(BOM) ? input.slice(1) : input).value;
}
