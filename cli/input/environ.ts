// Reads the words and the environment of this process as bytes. Node decodes both with loss, and the shell of the launcher
// drops variables whose names it cannot hold, such as exported functions.
import { readFileSync } from 'node:fs';
import type { Rlimit } from '../../src/core/inherited.ts';
import { textOf } from '../../src/text/bytes.ts';

const NUL = 0;
const REPLACED = '\ufffd';

/** `words` are the last words of process.argv. Without /proc, a byte that is not UTF-8 stays U+FFFD. */
export function exactWords(words: string[]): string[] {
  if (!words.some((word) => word.includes(REPLACED))) return words;
  const all = readStrings('/proc/self/cmdline');
  return all === null ? words : all.slice(all.length - words.length);
}

export interface CallerProcess {
  readonly env: Record<string, string>;
  readonly softLimits: SoftLimits;
}

/** The soft limits that the launcher and Node have raised, before that. Those that are not known are absent. */
export type SoftLimits = Readonly<Partial<Record<Raised, string>>>;
export type Raised = (typeof RAISED)[number]['name'];

/** With the flag and the unit of ulimit. */
export const RAISED = [
  { name: 'nofile', flag: 'n', unit: 1n },
  { name: 'stack', flag: 's', unit: 1024n },
  { name: 'data', flag: 'd', unit: 1024n },
  { name: 'as', flag: 'v', unit: 1024n },
] as const satisfies readonly { name: Rlimit; flag: string; unit: bigint }[];

/** `env` is process.env. The launcher passes limits, as in n=1024, and the original environment in BABYSIT_CALLER_0 and so on. */
export function callerProcess(env: NodeJS.ProcessEnv): CallerProcess {
  const all = handedOver(env);
  const pieces = all.filter((piece) => !LIMIT.test(piece));
  const own = pieces.length > 0 ? splitStrings(Buffer.from(pieces.join(''), 'base64')) : null;
  const entries = own ?? readStrings('/proc/self/environ');
  return {
    env: taskVariables(entries === null ? (env as Record<string, string>) : variablesOf(entries)),
    softLimits: softLimitsOf(all),
  };
}

/** Base64 has no `=` before other characters. */
const LIMIT = /^([a-z])=(\d+|unlimited|)$/;

function softLimitsOf(pieces: readonly string[]): SoftLimits {
  const found: Partial<Record<Raised, string>> = {};
  for (const piece of pieces) {
    const [, flag, value = ''] = LIMIT.exec(piece) ?? [];
    const raised = RAISED.find((one) => one.flag === flag);
    if (raised === undefined || value === '') continue;
    found[raised.name] = value === 'unlimited' ? value : String(BigInt(value) * raised.unit);
  }
  return found;
}

function handedOver(env: NodeJS.ProcessEnv): string[] {
  const found: string[] = [];
  for (let piece = env.BABYSIT_CALLER_0; piece !== undefined; piece = env[`BABYSIT_CALLER_${found.length}`])
    found.push(piece);
  return found;
}

/** Of several variables with one name the first counts, as for getenv(3). */
function variablesOf(entries: readonly string[]): Record<string, string> {
  const pairs = entries.flatMap((entry): [string, string][] => {
    const eq = entry.indexOf('=');
    return eq < 1 ? [] : [[entry.slice(0, eq), entry.slice(eq + 1)]];
  });
  return Object.fromEntries(pairs.toReversed());
}

/** Variables for babysit itself, and those of Node that name a descriptor, which the command does not get. */
const OWN =
  /^(BABYSIT_(NODE|NO_AUTOSTART|PWD|IGNORED|CLOSED|CALLER_\d+)|NODE_CHANNEL_(FD|SERIALIZATION_MODE)|NODE_UNIQUE_ID)$/;

function taskVariables(env: Readonly<Record<string, string>>): Record<string, string> {
  const { BABYSIT_PWD: directory } = env;
  const kept = Object.entries(env).filter(([name]) => !OWN.test(name));
  if (directory === undefined) return Object.fromEntries(kept);
  // The launcher hides the caller's PWD from its shell; see its first line.
  const others = kept.filter(([name]) => name !== 'PWD');
  return Object.fromEntries(directory === '' ? others : [...others, ['PWD', directory]]);
}

function readStrings(path: string): string[] | null {
  try {
    return splitStrings(readFileSync(path));
  } catch {
    return null;
  }
}

/** Each string ends with a NUL byte. */
function splitStrings(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NUL, start);
    texts.push(textOf(bytes.subarray(start, end < 0 ? bytes.length : end)));
    start = end < 0 ? bytes.length : end + 1;
  }
  return texts;
}
