// Proposes how a command line may go on, from the tables behind --help and from live names.
import { WAIT_EVENTS } from '../../src/core/events.ts';
import { RETRY_CAUSES, TASK_STATUSES, type TaskStatus } from '../../src/core/task.ts';
import { SELECTED_STATUSES } from '../client/select.ts';
import { COMMON_FLAGS, type CommandTable } from '../command.ts';
import type { FlagSpec, FlagSpecs } from '../input/argv.ts';
import { nextWords } from './usage-words.ts';

export interface Candidate {
  /** Replaces the word that is being typed. */
  readonly text: string;
  readonly help: string;
}

/** What the daemon knows. Each is empty when it does not answer in time. */
export interface LiveValues {
  tasks(statuses: readonly TaskStatus[]): Promise<Candidate[]>;
  owners(): Promise<Candidate[]>;
  tags(): Promise<Candidate[]>;
  settings(): Promise<Candidate[]>;
  valuesOf(setting: string): Promise<Candidate[]>;
}

/** `words` are those after `babysit`; the last one is being typed and may be empty. Nothing: the shell completes files. */
export async function candidates(
  commands: CommandTable,
  words: readonly string[],
  live: LiveValues,
): Promise<Candidate[]> {
  const current = words.at(-1) ?? '';
  const [verb, ...before] = words.slice(0, -1);
  if (verb === undefined) return matching(commandNames(commands), current);
  const name = commands.resolve(verb);
  const entry = name === null ? undefined : commands.entries[name];
  // After `--` the words belong to another program.
  if (name === null || entry === undefined || before.includes('--')) return [];
  const { command } = await entry.load();
  const specs: FlagSpecs = { ...command.flags, ...COMMON_FLAGS };
  const { positionals, open } = read(before, specs);
  if (open !== null) return matching(await valuesOf(name, open, live), current);
  const [, typedFlag, typedValue] = /^(--[^=]+)=(.*)$/.exec(current) ?? [];
  if (typedFlag !== undefined && typedValue !== undefined) {
    const flag = findFlag(specs, typedFlag);
    if (flag === null) return [];
    const values = matching(await valuesOf(name, flag, live), typedValue);
    return values.map((one) => ({ ...one, text: `${typedFlag}=${one.text}` }));
  }
  if (current.startsWith('-')) return matching(flagNames(specs, current), current);
  if (name === 'help') return matching(commandNames(commands), current);
  const { literals, placeholders } = nextWords(command.usage, positionals);
  const found = literals.map((text) => ({ text, help: '' }));
  for (const placeholder of placeholders)
    found.push(...(await placeholderValues(name, placeholder, positionals, live)));
  return matching(
    found.filter(({ text }) => !positionals.includes(text)),
    current,
  );
}

function commandNames({ entries }: CommandTable): Candidate[] {
  return Object.entries(entries).map(([text, { summary }]) => ({ text, help: summary }));
}

function matching(all: readonly Candidate[], current: string): Candidate[] {
  // The last word of a list: `--status=failed,ki`.
  const comma = current.lastIndexOf(',') + 1;
  const kept = current.slice(0, comma);
  const left = all.filter(({ text }) => !kept.split(',').includes(text));
  const listed = left.map((one) => ({ ...one, text: kept + one.text }));
  const unique = new Map(listed.filter(({ text }) => text.startsWith(current)).map((one) => [one.text, one]));
  return [...unique.values()];
}

interface NamedFlag {
  readonly name: string;
  readonly spec: FlagSpec;
}

/** The words that are not flags, and the flag that still needs its value. */
function read(
  words: readonly string[],
  specs: FlagSpecs,
): { readonly positionals: readonly string[]; readonly open: NamedFlag | null } {
  const positionals: string[] = [];
  let open: NamedFlag | null = null;
  for (const word of words) {
    if (open !== null) open = null;
    else if (!/^-(-|[A-Za-z])/.test(word)) positionals.push(word);
    else if (!word.includes('=')) {
      const flag = findFlag(specs, word);
      open = flag !== null && (flag.spec.kind === 'text' || flag.spec.kind === 'list') ? flag : null;
    }
  }
  return { positionals, open };
}

function findFlag(specs: FlagSpecs, typed: string): NamedFlag | null {
  const word = typed.replace(/^-+/, '').replaceAll('-', '_').toLowerCase();
  for (const [name, spec] of Object.entries(specs))
    if (name === word || spec.aliases?.includes(word) || (!typed.startsWith('--') && spec.short === word))
      return { name, spec };
  return null;
}

/** In the spelling that the user has begun: `--kill-t` or `--kill_t`. */
function flagNames(specs: FlagSpecs, current: string): Candidate[] {
  const isHyphened = /^--[^_]+-/.test(current);
  return Object.entries(specs).map(([name, { help }]) => ({
    text: `--${isHyphened ? name.replaceAll('_', '-') : name}`,
    help,
  }));
}

const LIVE: readonly TaskStatus[] = ['pending', 'running', 'paused'];
const ENDED: readonly TaskStatus[] = ['completed', 'failed', 'killed', 'interrupted'];
/** The tasks that a command acts on; absent or empty: all. */
const ACTS_ON: Readonly<Record<string, readonly TaskStatus[]>> = {
  ...SELECTED_STATUSES,
  // log --follow takes a pending task, and retry a completed one that is named.
  log: [],
  retry: ENDED,
  wait: LIVE,
  attach: LIVE,
  send: ['running'],
  clean: ENDED,
};
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

function valuesOf(verb: string, { name, spec }: NamedFlag, live: LiveValues): Promise<Candidate[]> {
  const fixed = fixedValues(name, spec);
  if (fixed !== null) return Promise.resolve(fixed.map((text) => ({ text, help: '' })));
  switch (name) {
    case 'owner':
      return live.owners();
    case 'tag':
      return live.tags();
    case 'after':
    case 'while':
      return live.tasks(LIVE);
    case 'name':
      // The name of a new task is the choice of the user.
      return verb === 'run' || verb === 'exec' ? Promise.resolve([]) : live.tasks(ACTS_ON[verb] ?? []);
    default:
      return Promise.resolve([]);
  }
}

function fixedValues(name: string, { value = '' }: FlagSpec): readonly string[] | null {
  if (/^[a-z0-9_]+(\|[a-z0-9_]+)+$/.test(value)) return value.split('|');
  if (name === 'status') return TASK_STATUSES;
  if (name === 'signal') return SIGNALS;
  if (name === 'event') return [...WAIT_EVENTS];
  if (name === 'retry_on') return RETRY_CAUSES;
  return null;
}

async function placeholderValues(
  verb: string,
  placeholder: string,
  before: readonly string[],
  live: LiveValues,
): Promise<Candidate[]> {
  switch (`${verb} ${placeholder}`) {
    case 'config KEY':
      return live.settings();
    case 'config VALUE':
      return live.valuesOf(before[1] ?? '');
    case 'shim NAME':
      return [];
    default:
      return placeholder === 'NAME' ? live.tasks(ACTS_ON[verb] ?? []) : [];
  }
}
