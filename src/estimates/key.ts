// Reduces a command to what its use depends on: three texts, from the exact command to the program and its verb.
import type { Command } from '../core/task.ts';
import {
  INTERPRETERS,
  LIGHT,
  NESTING_VERBS,
  OUTPUT_FLAG,
  VALUED_BEFORE_VERB,
  WITHOUT_VERB,
} from './programs.ts';
import { type SimpleCommand, simpleCommands, simpleCommandsOf } from './simple-commands.ts';

/**
 * What runs, at three levels. An agent repeats a command exactly in 10 % of its calls, by shape in 40 %, by program and
 * verb in 74 % (AgentCgroup, Zheng et al., arXiv 2602.09345).
 */
export interface CommandKey {
  /** The commands as typed, without wrappers, redirections and light commands. */
  readonly exact: string;
  /** The same with sorted flags, without flags of output; numbers, hashes, dates and temporary paths are replaced. */
  readonly shape: string;
  /** Program and verb, or interpreter and script. */
  readonly subcommand: string;
}

/** A longer text adds nothing to the difference between two commands. */
const TEXT_MAX_CHARS = 2_000;
const BETWEEN = ' ; ';

export function commandKey(command: Command): CommandKey {
  const all = command.kind === 'shell' ? simpleCommands(command.line) : simpleCommandsOf(command.argv);
  const heavy = all.filter(({ program }) => !LIGHT.has(program));
  const chosen = heavy.length > 0 ? heavy : all;
  const join = (text: (command: SimpleCommand) => string) =>
    [...new Set(chosen.map(text))].join(BETWEEN).slice(0, TEXT_MAX_CHARS);
  return {
    exact: join(({ program, args }) => [program, ...args].join(' ')),
    shape: join(shapeOf),
    subcommand: join(subcommandOf),
  };
}

function shapeOf({ program, args }: SimpleCommand): string {
  const kept = args.filter((arg) => !OUTPUT_FLAG.test(arg)).map(generalized);
  const flags = kept.filter((arg) => arg.startsWith('-'));
  return [program, ...kept.filter((arg) => !arg.startsWith('-')), ...flags.sort()].join(' ');
}

const UUID = /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi;
const HASH = /\b(?=[a-f]*\d)(?=\d*[a-f])[\da-f]{7,64}\b/g;
const DATE = /\b\d{4}-\d\d-\d\d(?:[T_ ]\d\d[:-]?\d\d(?:[:-]?\d\d)?(?:\.\d+)?Z?)?/g;
const TEMPORARY = /(?:\/var)?\/tmp\/[^\s:,;]*/g;
const NUMBER = /\d+(?:\.\d+)?/g;

function generalized(word: string): string {
  if (!/[\d/]/.test(word)) return word;
  return word
    .replace(TEMPORARY, '<tmp>')
    .replace(UUID, '<hash>')
    .replace(DATE, '<date>')
    .replace(HASH, '<hash>')
    .replace(NUMBER, '<n>');
}

const VERB = /^[A-Za-z][\w:-]{0,30}$/;

function subcommandOf({ program, args }: SimpleCommand): string {
  if (LIGHT.has(program) || WITHOUT_VERB.has(program)) return program;
  if (INTERPRETERS.has(program)) {
    const script = args.find((arg) => !arg.startsWith('-'));
    const inline = args.find((arg) => /^-(?:c|e|-eval)$/.test(arg));
    return `${program} ${inline ?? (script === undefined ? '-' : generalized(script.replace(/^\.\//, '')))}`;
  }
  const verbs: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (VALUED_BEFORE_VERB.has(arg)) i++;
    if (arg.startsWith('-')) continue;
    if (!VERB.test(arg)) break;
    verbs.push(arg);
    if (!NESTING_VERBS.has(arg)) break;
  }
  return [program, ...verbs].join(' ');
}
