// Classifies one program call: a query, a submission, a pause, or another action.
import { shellQuote } from '../src/text/shell.ts';
import type { Action, Query } from './actions.ts';
import type { Variables } from './shell/words.ts';
import { fileQuery, isStatePath } from './state-files.ts';

export interface CallContext {
  /** The words after the program, as typed. */
  readonly written: readonly string[];
  readonly variables: Variables;
  /** The duration of an enclosing `timeout`. */
  readonly limit: string | undefined;
}

export interface Call {
  readonly actions: Action[];
  /** Shell code that the call submits as a task. */
  readonly task: string | null;
}

/** The verbs that only read state, with the verb that the advice uses for them. */
const QUERIES: Readonly<Record<string, string>> = {
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
/** Their flags whose value may be a separate word. */
export const VALUED_FLAGS: readonly string[] = [
  'before',
  'columns',
  'cpu_cores',
  'estimated_cpu_cores',
  'estimated_mem_bytes',
  'estimated_time',
  'event',
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
  'until',
];

const READERS = new Set(
  'awk bat cat cut du egrep fgrep file find grep head jq less ls more rg sed sort sqlite3 stat strings tac tail test wc ['.split(
    ' ',
  ),
);
const SLEEPERS = new Set(['sleep', 'gsleep', 'usleep', 'nanosleep']);
const INTERPRETERS = /^(?:python[\d.]*|perl|ruby|node|bun|deno|php)$/;
const QUIET = new Set([':', 'true', 'false', 'echo', 'printf', 'date', 'set', 'cd']);

export function readCall(name: string, args: readonly string[], at: CallContext): Call {
  if (name === 'babysit') return readBabysit(args, at);
  if (isPause(name, args)) return only({ kind: 'pause' });
  switch (name) {
    case 'wait':
    case 'fg':
      return only({ kind: 'join' });
    case 'break':
    case 'exit':
    case 'return':
      return only({ kind: 'exit' });
    case 'curl':
      if (args.some((arg) => arg.endsWith('daemon.sock'))) return only(readCurl(args, at));
      break;
  }
  const files = READERS.has(name) ? args.filter((arg) => isStatePath(arg, at.variables)) : [];
  if (files.length > 0) return only(fileQuery(files, name === 'tail' && isFollowing(args), at.limit));
  const isCount = /^(?:test|\[)$/.test(name) && args.some((arg) => /^-(?:eq|ne|l[te]|g[te])$/.test(arg));
  return QUIET.has(name) || isCount ? NOTHING : only({ kind: 'other' });
}

const NOTHING: Call = { actions: [], task: null };

function only(action: Action): Call {
  return { actions: [action], task: null };
}

function isPause(name: string, args: readonly string[]): boolean {
  if (SLEEPERS.has(name)) return true;
  if (name === 'tail') return isFollowing(args) && args.includes('/dev/null');
  // An agent's shell has no input: `read -t 5` without a variable is a sleep.
  if (name === 'read') return /^-t/.test(args[0] ?? '') && args.length <= 2;
  if (name === 'ping') return args.some((arg) => /^(?:localhost|127\.0\.0\.1|::1)$/.test(arg));
  if (!INTERPRETERS.test(name)) return false;
  const code = args[args.findIndex((arg) => /^-(?:[a-zA-Z]*[ce]|-eval)$/.test(arg)) + 1] ?? '';
  return args.some((arg) => arg === code && /\bsleep[\s(]*[\d.]|\bsetTimeout\s*\(/.test(arg));
}

function isFollowing(args: readonly string[]): boolean {
  return args.some((arg) => /^-[a-zA-Z\d]*[fF]|^--(?:follow|retry)/.test(arg));
}

function readCurl(args: readonly string[], at: CallContext): Query {
  const ref = args.map((arg) => /\/v1\/tasks\/([^/?]+)/.exec(arg)?.[1]).find((found) => found !== undefined);
  return query('status', ref === undefined ? [] : [decodeURIComponent(ref)], [], at);
}

function readBabysit(args: readonly string[], at: CallContext): Call {
  const [word = '', ...rest] = args;
  const verb = word.toLowerCase().replaceAll('_', '-');
  if (rest.includes('--help') || rest.includes('-h')) return NOTHING;
  if (verb === 'run') {
    const { written } = at;
    const name = flagValue('name', rest);
    const action = {
      kind: 'run',
      name,
      written: written.slice(written.indexOf(word) + 1).join(' '),
    } as const;
    return { actions: [action], task: taskCode(rest) };
  }
  const known = Object.hasOwn(QUERIES, verb) ? QUERIES[verb] : undefined;
  if (known === undefined) return only({ kind: 'other' });
  const { refs, flags } = readWords(rest);
  return only(query(known, known === 'list' || known === 'ping' ? [] : refs, flags, at));
}

function query(verb: string, refs: readonly string[], flags: readonly string[], at: CallContext): Query {
  const mentions = at.written.flatMap((text) =>
    [...text.matchAll(/\$\{?[#!]?([A-Za-z_]\w*|[\d@*])/g)].map(([, name]) => name ?? ''),
  );
  return { kind: 'query', verb, refs, flags, isFollow: false, limit: at.limit, mentions };
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

/** The shell code of a `run`: --command, one word with spaces, or the words after `--`. */
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
