// The page of commands, from the table of commands, their definitions, and the fields of a request.
import { COMMON_FLAGS, type Command } from '../../cli/command.ts';
import { COMMANDS } from '../../cli/commands.ts';
import type { FlagSpec } from '../../cli/input/argv.ts';
import type { FieldRow, Verb } from '../../src/request/field-row.ts';
import { FIELDS } from '../../src/request/fields.ts';
import { DURATION_EXAMPLES } from '../../src/units/duration.ts';
import { SIZE_EXAMPLES } from '../../src/units/size.ts';
import { anchor, code, page, prose, table } from './markdown.ts';

interface Entry {
  /** As its usage line spells it. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly command: Command;
}

export async function commandsPage(): Promise<string> {
  const entries = await Promise.all(
    Object.values(COMMANDS).map(async ({ summary, aliases = [], load }): Promise<Entry> => {
      const { command } = await load();
      return { name: command.usage.split(' ')[0] ?? '', aliases, summary, command };
    }),
  );
  return page(
    'Commands',
    'cli/commands.ts, the files of cli/commands and src/request/fields',
    prose(
      'Every command with its flags. A flag may use `_` or `-` between its words, and its value follows a space or a `=`.',
    ),
    overview(entries),
    '## Values',
    [
      `- Durations: ${DURATION_EXAMPLES}.`,
      `- Sizes: ${SIZE_EXAMPLES}. K, M, G and T are powers of 1024.`,
      '- A switch takes no value, or `=true` or `=false`.',
      '- A default that is a setting shows the name of the [setting](settings.md).',
    ].join('\n'),
    '## Flags of every command',
    flagTable(COMMON_FLAGS, null),
    ...entries.flatMap(section),
  );
}

function overview(entries: readonly Entry[]): string {
  return table(
    ['command', 'does'],
    entries.map(({ name, aliases, summary }) => [
      [`[${name}](#${anchor(name)})`, ...aliases.map(code)].join(', '),
      summary,
    ]),
  );
}

function section({ name, aliases, command }: Entry): string[] {
  const alias =
    aliases.length === 0 ? '' : ` Also: ${aliases.map((other) => code(`babysit ${other}`)).join(', ')}.`;
  return [
    `## ${name}`,
    shell([`babysit ${command.usage}`], 'text'),
    about(command.about + alias),
    flagTable(command.flags, verbOf(name)),
    shell(command.examples, 'sh'),
  ];
}

function shell(lines: readonly string[], language: string): string {
  return [`\`\`\`${language}`, ...lines, '```'].join('\n');
}

/** A line `WORDS   meaning` becomes an entry of a list; the other lines are sentences. */
function about(text: string): string {
  const blocks: { readonly isList: boolean; readonly lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const [, term, meaning] = /^(\S.*?) {2,}(.+)$/.exec(line) ?? [];
    const isList = term !== undefined;
    if (blocks.at(-1)?.isList !== isList) blocks.push({ isList, lines: [] });
    blocks.at(-1)?.lines.push(isList ? `- ${code(term)}: ${meaning}` : line);
  }
  return blocks.map(({ isList, lines }) => (isList ? lines.join('\n') : prose(lines.join(' ')))).join('\n\n');
}

function verbOf(name: string): Verb | null {
  return name === 'run' || name === 'adjust' || name === 'wait_for_capacity' ? name : null;
}

function flagTable(flags: Readonly<Record<string, FlagSpec>>, verb: Verb | null): string {
  const fields: Readonly<Record<string, FieldRow>> = FIELDS;
  return table(
    ['flag', 'meaning', 'default', 'limits'],
    Object.entries(flags).map(([name, spec]) => {
      const field = verb !== null && fields[name]?.help[verb] !== undefined ? fields[name] : null;
      const { meaning, fallback } = splitDefault(spec.help);
      const limits = [
        ...(spec.kind === 'list' ? ['may be repeated'] : []),
        ...(field === null ? [] : limitsOf(field, verb)),
      ].filter((limit) => !meaning.includes(limit));
      const own = verb === 'adjust' || field === null ? '' : defaultOf(field);
      return [spellings(name, spec), meaning, own || fallback, limits.join('; ')];
    }),
  );
}

function spellings(name: string, spec: FlagSpec): string {
  const value = spec.value ?? 'VALUE';
  const names = [
    ...(spec.short ? [`-${spec.short}`] : []),
    ...[name, ...(spec.aliases ?? [])].map((word) => `--${word}`),
  ];
  const last = names.length - 1;
  const suffix = {
    switch: '',
    tristate: '[=false]',
    optional: ` [${value}]`,
    text: ` ${value}`,
    list: ` ${value}`,
  }[spec.kind];
  return names.map((word, index) => code(index === last ? word + suffix : word)).join(', ');
}

/** A help line ends with its default in parentheses. */
function splitDefault(help: string): { readonly meaning: string; readonly fallback: string } {
  const [, meaning, fallback] = /^(.*?)\s*\(default:? (.*)\)$/.exec(help) ?? [];
  return meaning === undefined ? { meaning: help, fallback: '' } : { meaning, fallback: fallback ?? '' };
}

function defaultOf({ default: fallback, config }: FieldRow): string {
  const setting = config === undefined ? '' : code(config);
  if (fallback === undefined || fallback === `config ${config}`) return setting;
  return setting === '' ? fallback : `${fallback} (${setting})`;
}

function limitsOf({ type, min, max, excludes = [], batch, mcp }: FieldRow, verb: Verb | null): string[] {
  const limits: string[] = [];
  if (type === 'whole') limits.push(`${min} to ${max}`);
  if (type === 'text') limits.push(`${min} to ${max} characters`);
  if (type === 'json' && max !== undefined) limits.push(`at most ${max / 1024}K`);
  if (type === 'duration' && max !== undefined) limits.push(`at most ${max / 86_400_000}d`);
  const flags = excludes.filter((name) => name !== 'argv');
  if (flags.length > 0) limits.push(`not with ${flags.map((name) => code(`--${name}`)).join(' or ')}`);
  if (verb === 'run' && batch === 'line') limits.push('with `--batch`: on the lines only');
  if (verb === 'run' && batch === 'never') limits.push('not with `--batch`');
  if (mcp === false) limits.push('not in MCP');
  return limits;
}
