// Builds the texts of --help from the tables of commands and flags.
import { BabysitError } from '../src/core/errors.ts';
import { didYouMean } from '../src/text/nearest.ts';
import { COMMON_FLAGS, type Command } from './command.ts';
import { COMMANDS, meantCalls, resolveCommand } from './commands.ts';
import type { FlagSpec } from './input/argv.ts';

const EXITS = `Exit codes: 0 success or task completed, 1 task not completed or request failed, 2 no room now
(capacity_exceeded), 64 usage, 69 daemon unreachable, 75 try again, 124 --timeout reached.`;

/** The overview, or the help of the command that `word` names. Throws BabysitError usage for an unknown command. */
export async function helpText(word?: string): Promise<string> {
  if (word === undefined) return overview();
  const name = resolveCommand(word);
  const entry = name === null ? undefined : COMMANDS[name];
  if (name !== null && entry !== undefined) return commandHelp(name, (await entry.load()).command);
  const hint = 'Run babysit --help for the commands.';
  const names = meantCalls(word).map((call) => call.split(' ')[0] ?? '');
  throw new BabysitError('usage', `unknown command "${word}"`, {
    hint,
    ...didYouMean(names, 'babysit help '),
  });
}

function overview(): string {
  const rows = Object.entries(COMMANDS).map(([name, entry]): [string, string] => [
    [name, ...(entry.aliases ?? [])].join(', '),
    entry.summary,
  ]);
  return `babysit: runs heavy commands without overloading the host, and reports how they end.

Usage: babysit COMMAND [flags]

${twoColumns(rows)}

Examples:
  babysit run --name=build --estimated_time=10m --estimated_mem_bytes=2G --command='make -j4'
  babysit wait build            # blocks; events on stderr, one JSON result on stdout
  babysit log build --tail 40

A flag may use _ or - between its words. Output is JSON when stdout is not a terminal, or with --json.
Durations: 90s 10m 2h 1d. Sizes: 512M 4G (powers of 1024). babysit COMMAND --help shows the flags of a command.

${EXITS}
`;
}

function commandHelp(name: string, command: Command): string {
  const flags = { ...command.flags, ...COMMON_FLAGS, ...command.flags };
  const rows = Object.entries(flags).map(([flag, spec]): [string, string] => [
    flagWords(flag, spec),
    spec.help,
  ]);
  return `babysit ${name}: ${COMMANDS[name]?.summary ?? ''}

Usage: babysit ${command.usage}

${command.about}

${twoColumns(rows)}

Example${command.examples.length > 1 ? 's' : ''}:
${command.examples.map((line) => `  ${line}`).join('\n')}
`;
}

function flagWords(name: string, spec: FlagSpec): string {
  const names = [
    ...(spec.short ? [`-${spec.short}`] : []),
    `--${name}`,
    ...(spec.aliases ?? []).map((a) => `--${a}`),
  ];
  const value = spec.value ?? 'VALUE';
  switch (spec.kind) {
    case 'switch':
    case 'tristate':
      return names.join(', ');
    case 'optional':
      return `${names.join(', ')} [${value}]`;
    case 'text':
    case 'list':
      return `${names.join(', ')} ${value}`;
  }
}

function twoColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  return rows
    .map(([left, right]) =>
      left.length > width
        ? `  ${left}\n  ${' '.repeat(width)}  ${right}`
        : `  ${left.padEnd(width)}  ${right}`,
    )
    .join('\n');
}
