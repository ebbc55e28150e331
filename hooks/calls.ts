// What one program call is: a look, a submission, a pause, or nothing that matters.

import { shellQuote } from '../src/text/shell.ts';
import type { Deed, Look } from './actions.ts';
import type { Variables } from './shell/words.ts';
import { isStatePath, lookAtFile } from './state-files.ts';

export interface Circumstances {
  /** The words of the command after the first, as they are written. */
  readonly written: readonly string[];
  readonly variables: Variables;
  /** The duration of a `timeout` around it. */
  readonly limit: string | undefined;
}

export interface Call {
  readonly deeds: Deed[];
  /** Shell code that the call hands to a task. */
  readonly task: string | null;
}

/** The verbs of babysit that only tell how things are. */
const LOOKS: Readonly<Record<string, string>> = {
  'daemon-status': 'ping',
  heartbeat: 'list',
  inbox: 'list',
  list: 'list',
  log: 'log',
  logs: 'log',
  ls: 'list',
  ping: 'ping',
  status: 'status',
  wait: 'wait',
  'wait-for-capacity': 'wait_for_capacity',
};
/** Their flags whose value may be a word of its own. */
export const VALUED_FLAGS: readonly string[] = [
  'columns',
  'cpu_cores',
  'estimated_cpu_cores',
  'estimated_mem_bytes',
  'estimated_time',
  'format',
  'grep',
  'head',
  'lease_ttl',
  'limit',
  'max_bytes',
  'mem_bytes',
  'name',
  'owner',
  'priority',
  'since',
  'status',
  'tag',
  'timeout',
];

const READERS = new Set(
  'awk bat cat cut du egrep fgrep file find grep head jq less ls more rg sed sort sqlite3 stat strings tac tail test wc ['.split(
    ' ',
  ),
);
const SLEEPERS = new Set(['sleep', 'gsleep', 'usleep', 'nanosleep']);
const INTERPRETERS = /^(?:python[\d.]*|perl|ruby|node|bun|deno|php)$/;
const QUIET = new Set([':', 'true', 'false', 'echo', 'printf', 'date', 'set', 'cd']);

export function readCall(name: string, args: readonly string[], at: Circumstances): Call {
  if (name === 'babysit') return readBabysit(args, at);
  if (isPause(name, args)) return only({ kind: 'pause' });
  switch (name) {
    case 'wait':
    case 'fg':
      return only({ kind: 'join' });
    case 'break':
    case 'exit':
    case 'return':
      return only({ kind: 'leave' });
    case 'curl':
      if (args.some((arg) => arg.endsWith('daemon.sock'))) return only(readCurl(args, at));
      break;
  }
  const files = READERS.has(name) ? args.filter((arg) => isStatePath(arg, at.variables)) : [];
  if (files.length > 0) return only(lookAtFile(files, name === 'tail' && isFollowing(args), at.limit));
  const isCount = /^(?:test|\[)$/.test(name) && args.some((arg) => /^-(?:eq|ne|l[te]|g[te])$/.test(arg));
  return QUIET.has(name) || isCount ? NOTHING : only({ kind: 'other' });
}

const NOTHING: Call = { deeds: [], task: null };

function only(deed: Deed): Call {
  return { deeds: [deed], task: null };
}

function isPause(name: string, args: readonly string[]): boolean {
  if (SLEEPERS.has(name)) return true;
  if (name === 'tail') return isFollowing(args) && args.includes('/dev/null');
  // Nobody types into the shell of an agent: `read -t 5` is a sleep, unless it is given something to read into.
  if (name === 'read') return /^-t/.test(args[0] ?? '') && args.length <= 2;
  if (name === 'ping') return args.some((arg) => /^(?:localhost|127\.0\.0\.1|::1)$/.test(arg));
  if (!INTERPRETERS.test(name)) return false;
  const code = args[args.findIndex((arg) => /^-(?:[a-zA-Z]*[ce]|-eval)$/.test(arg)) + 1] ?? '';
  return args.some((arg) => arg === code && /\bsleep[\s(]*[\d.]|\bsetTimeout\s*\(/.test(arg));
}

function isFollowing(args: readonly string[]): boolean {
  return args.some((arg) => /^-[a-zA-Z\d]*[fF]|^--(?:follow|retry)/.test(arg));
}

function readCurl(args: readonly string[], at: Circumstances): Look {
  const ref = args.map((arg) => /\/v1\/tasks\/([^/?]+)/.exec(arg)?.[1]).find((found) => found !== undefined);
  return look('status', ref === undefined ? [] : [decodeURIComponent(ref)], [], at);
}

function readBabysit(args: readonly string[], at: Circumstances): Call {
  const [word = '', ...rest] = args;
  const verb = word.toLowerCase().replaceAll('_', '-');
  if (rest.includes('--help') || rest.includes('-h')) return NOTHING;
  if (verb === 'run') {
    const { written } = at;
    const name = flagValue('name', rest);
    const deed = { kind: 'run', name, written: written.slice(written.indexOf(word) + 1).join(' ') } as const;
    return { deeds: [deed], task: taskCode(rest) };
  }
  const known = Object.hasOwn(LOOKS, verb) ? LOOKS[verb] : undefined;
  if (known === undefined) return only({ kind: 'other' });
  const { refs, flags } = readWords(rest);
  return only(look(known, known === 'list' || known === 'ping' ? [] : refs, flags, at));
}

function look(verb: string, refs: readonly string[], flags: readonly string[], at: Circumstances): Look {
  const mentions = at.written.flatMap((text) =>
    [...text.matchAll(/\$\{?[#!]?([A-Za-z_]\w*|[\d@*])/g)].map(([, name]) => name ?? ''),
  );
  return { kind: 'look', verb, refs, flags, isFollow: false, limit: at.limit, mentions };
}

function readWords(words: readonly string[]): { refs: string[]; flags: string[] } {
  const refs: string[] = [];
  const flags: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!/^-[-A-Za-z]/.test(word)) {
      refs.push(word);
      continue;
    }
    const [typed = '', attached] = word.split(/=(.*)/s);
    const flag = typed.replace(/^-+/, '').replaceAll('-', '_').toLowerCase();
    const next = words[i + 1];
    const follows =
      attached === undefined &&
      next !== undefined &&
      (VALUED_FLAGS.includes(flag) || (/^(?:tail|n)$/.test(flag) && /^\d+$/.test(next)));
    if (follows) i++;
    const value = follows ? next : attached;
    if (flag === 'name') refs.push(value ?? '');
    else flags.push(follows ? `${typed} ${value}` : word);
  }
  return { refs, flags };
}

/** `--flag=v` or `--flag v`. */
function flagValue(flag: string, words: readonly string[]): string | undefined {
  const i = words.findIndex((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
  const word = words[i];
  return word?.includes('=') ? word.slice(word.indexOf('=') + 1) : word && words[i + 1];
}

/** What `run` is to run, where it is shell code: --command, one word with blanks, or a shell after `--`. */
function taskCode(words: readonly string[]): string | null {
  const command = flagValue('command', words);
  if (command !== undefined) return command;
  const dashes = words.indexOf('--');
  if (dashes >= 0)
    return words
      .slice(dashes + 1)
      .map(shellQuote)
      .join(' ');
  const last = words.at(-1) ?? '';
  return /\s/.test(last) && !last.startsWith('-') ? last : null;
}
