// Finds rules in the settings of agent harnesses that let heavy commands run without babysit and without a question.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readRegular } from '../../src/files/regular-file.ts';
import { isJsonObject } from '../../src/text/json.ts';
import { findRule, type Rule } from './heavy/rules.ts';
import { parseJsonText } from './json-text.ts';

export interface AllowRule {
  readonly harness: string;
  readonly file: string;
  /** As written. */
  readonly rule: string;
  /** Where in the file. */
  readonly place: string;
}

interface Found {
  readonly rule: string;
  readonly place: string;
  /** The words that a command begins with; none: every command. */
  readonly words: readonly string[];
  readonly isPrefix: boolean;
}

interface Source {
  readonly harness: string;
  /** In the home of the user, and in a project. */
  readonly files: readonly string[];
  readonly inProject: readonly string[];
  readonly read: (text: string) => Found[];
}

// Formats as documented in 2026: code.claude.com/docs/en/settings, cursor.com/docs/reference/permissions and
// cursor.com/docs/cli/reference/permissions, geminicli.com/docs/reference/configuration, opencode.ai/docs/permissions,
// developers.openai.com/codex/rules.
const SOURCES: readonly Source[] = [
  {
    harness: 'Claude Code',
    files: ['.claude/settings.json', '.claude/settings.local.json'],
    inProject: ['.claude/settings.json', '.claude/settings.local.json'],
    read: (text) =>
      listed(text, ['permissions', 'allow'], /^(?:Bash|Monitor)(?:\((.*)\))?$/s, /(?::\*|\s\*)$/),
  },
  {
    harness: 'Cursor CLI',
    files: ['.cursor/cli-config.json'],
    inProject: ['.cursor/cli.json'],
    read: (text) => listed(text, ['permissions', 'allow'], /^Shell\((.*)\)$/s, null),
  },
  {
    harness: 'Cursor',
    files: ['.cursor/permissions.json'],
    inProject: ['.cursor/permissions.json'],
    read: (text) => listed(text, ['terminalAllowlist'], /^(.+)$/s, null),
  },
  {
    harness: 'Gemini CLI',
    files: ['.gemini/settings.json'],
    inProject: ['.gemini/settings.json'],
    read: (text) =>
      [['tools', 'allowed'], ['allowedTools']].flatMap((path) =>
        listed(text, path, /^(?:run_shell_command|ShellTool)(?:\((.*)\))?$/s, null),
      ),
  },
  {
    harness: 'opencode',
    files: ['.config/opencode/opencode.json', '.config/opencode/opencode.jsonc'],
    inProject: ['opencode.json', 'opencode.jsonc', '.opencode/opencode.json'],
    read: opencodeRules,
  },
  { harness: 'Codex', files: ['.codex/rules'], inProject: ['.codex/rules'], read: codexRules },
];

/** Programs that run any other one. */
const RUNNERS = /^(?:bash|sh|zsh|dash|env|sudo|nohup|setsid|xargs|timeout|time|npx|bunx|eval|nice)$/;
/** A prefix may be continued by them. */
const CONTINUATIONS = [
  ...['', 'build', 'test', 'run build', './...', '--build build', 'run --release', 'install', 'package'],
  ...['train.py', 'run', 'compose build'],
];

/** A file that is missing or not understood has no rules. `home`: of the user; null: not known. */
export function findAllowRules(home: string | null, project: string, rules: readonly Rule[]): AllowRule[] {
  return SOURCES.flatMap(({ harness, files, inProject, read }) => {
    const paths = [
      ...(home === null ? [] : files.map((file) => join(home, file))),
      ...inProject.map((file) => join(project, file)),
    ];
    return [...new Set(paths)].flatMap(filesAt).flatMap((file) =>
      readSafely(file, read)
        .filter((found) => goesRound(found, rules))
        .map(({ rule, place }) => ({ harness, file, rule, place })),
    );
  });
}

/** The rule lets a heavy command run. */
function goesRound({ words, isPrefix }: Found, rules: readonly Rule[]): boolean {
  const [first, ...args] = words;
  if (first === undefined) return true;
  const name = first.slice(first.lastIndexOf('/') + 1);
  if (RUNNERS.test(name))
    return args.length === 0 ? isPrefix : goesRound({ ...EMPTY, words: args, isPrefix }, rules);
  const tails = isPrefix ? CONTINUATIONS : [''];
  return tails.some((tail) => {
    const all = [...args, ...tail.split(' ').filter((word) => word !== '')];
    return findRule(name, all, rules) !== null;
  });
}

const EMPTY = { rule: '', place: '' };

/** The texts of an array. `tail`: ends a prefix; null: every text is one. */
function listed(text: string, path: readonly string[], shape: RegExp, tail: RegExp | null): Found[] {
  const list = path.reduce<unknown>(
    (node, key) => (isJsonObject(node) ? node[key] : undefined),
    parseJsonText(text),
  );
  if (!Array.isArray(list)) return [];
  return list.flatMap((rule): Found[] => {
    const match = typeof rule === 'string' ? shape.exec(rule) : null;
    if (match === null) return [];
    const pattern = (match[1] ?? '').trim();
    const isPrefix = tail === null || tail.test(pattern) || /^:?\**$/.test(pattern);
    return [{ rule, place: path.join('.'), isPrefix, words: wordsOf(pattern) }];
  });
}

/** `cargo build:*`, `cargo build *`, `**` and `cargo` without their stars. */
function wordsOf(pattern: string): string[] {
  return pattern
    .replace(/[:\s]*\*+.*$/s, '')
    .split(/[\s:]+/)
    .filter((word) => word !== '');
}

function opencodeRules(text: string): Found[] {
  const json = parseJsonText(text);
  const permission = isJsonObject(json) ? json.permission : undefined;
  const bash = isJsonObject(permission) ? permission.bash : permission;
  const all = { rule: '"allow"', place: isJsonObject(permission) ? 'permission.bash' : 'permission' };
  if (bash === 'allow') return [{ ...all, words: [], isPrefix: true }];
  if (!isJsonObject(bash)) return [];
  return Object.entries(bash).flatMap(([pattern, action]) =>
    action === 'allow'
      ? [
          {
            rule: pattern,
            place: 'permission.bash',
            words: wordsOf(pattern),
            isPrefix: pattern.includes('*'),
          },
        ]
      : [],
  );
}

/** `prefix_rule(pattern = ["cargo", ["build", "test"]], decision = "allow")`; without a decision it allows. */
function codexRules(text: string): Found[] {
  const plain = text.replace(/^\s*#.*$/gm, '');
  return [
    ...plain.matchAll(/prefix_rule\s*\(\s*pattern\s*=\s*(\[[\s\S]*?\])\s*(,[\s\S]*?)?\n?\s*\)/g),
  ].flatMap(([, pattern = '', rest = '']) => {
    const decision = /\bdecision\s*=\s*"(\w+)"/.exec(rest)?.[1] ?? 'allow';
    if (decision !== 'allow') return [];
    const rule = pattern.replace(/\s+/g, ' ');
    return prefixes(JSON.parse(rule.replace(/,\s*\]/g, ']'))).map((words) => ({
      rule: `prefix_rule(pattern=${rule})`,
      place: 'the rules',
      words,
      isPrefix: true,
    }));
  });
}

const PREFIXES_MAX = 64;

function prefixes(pattern: unknown): string[][] {
  if (!Array.isArray(pattern)) return [];
  return pattern.reduce<string[][]>(
    (found, element) => {
      const words = (Array.isArray(element) ? element : [element]).filter((word) => typeof word === 'string');
      return found.flatMap((before) => words.map((word) => [...before, word])).slice(0, PREFIXES_MAX);
    },
    [[]],
  );
}

/** The file, or the `.rules` files of a directory. */
function filesAt(path: string): string[] {
  if (!path.endsWith('/rules')) return [path];
  try {
    return readdirSync(path)
      .filter((name) => name.endsWith('.rules'))
      .map((name) => join(path, name));
  } catch {
    return [];
  }
}

function readSafely(file: string, read: Source['read']): Found[] {
  try {
    return read(readRegular(file, 'utf8'));
  } catch {
    return [];
  }
}
