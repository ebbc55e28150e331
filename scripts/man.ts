// Writes the manual pages from the table of commands: babysit(1) and one for each command.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMON_FLAGS, type CommandEntry } from '../cli/command.ts';
import { COMMANDS } from '../cli/commands.ts';
import type { FlagSpec, FlagSpecs } from '../cli/input/argv.ts';
import { EXIT, EXIT_MEANINGS } from '../src/core/errors.ts';
import { DURATION_EXAMPLES } from '../src/units/duration.ts';
import { SIZE_EXAMPLES } from '../src/units/size.ts';
import { bold, entry, head, italic, literal, roff, section, sentences } from './man/roff.ts';

/** The text of each page by its file name. */
export async function manPages(version: string): Promise<ReadonlyMap<string, string>> {
  const pages = new Map([['babysit.1', mainPage(version)]]);
  for (const [name, command] of Object.entries(COMMANDS))
    pages.set(`babysit-${name}.1`, await commandPage(name, command, version));
  return pages;
}

export async function writeManPages(dir: string, version: string): Promise<string[]> {
  mkdirSync(dir, { recursive: true });
  const pages = await manPages(version);
  for (const [name, text] of pages) writeFileSync(join(dir, name), text);
  return [...pages.keys()];
}

function mainPage(version: string): string {
  return page(
    head('babysit', version),
    section('NAME', roff('babysit - run heavy commands without overloading the host')),
    section('SYNOPSIS', `${bold('babysit')} ${italic('COMMAND')} [${italic('flags')}]`),
    section(
      'DESCRIPTION',
      roff(
        'A daemon starts a command when its estimate of memory and CPU fits the host, limits it, watches it, and reports how it ended. Commands start the daemon when they need it.',
      ),
      '.PP',
      roff(
        `A flag may use _ or - between its words. Output is JSON when standard output is not a terminal, or with --json. Durations: ${DURATION_EXAMPLES}. Sizes: ${SIZE_EXAMPLES}.`,
      ),
    ),
    section(
      'COMMANDS',
      ...Object.entries(COMMANDS).map(([name, { summary }]) => entry(reference(`babysit-${name}`), summary)),
    ),
    section('OPTIONS', roff('Every command takes these:'), ...options(COMMON_FLAGS)),
    section(
      'EXIT STATUS',
      ...(Object.keys(EXIT) as (keyof typeof EXIT)[]).map((key) =>
        entry(bold(String(EXIT[key])), EXIT_MEANINGS[key].replaceAll('`', '')),
      ),
    ),
    section(
      'ENVIRONMENT',
      entry(bold('BABYSIT_HOME'), 'The state directory.'),
      entry(bold('BABYSIT_NO_AUTOSTART'), 'With 1, no command starts the daemon.'),
      entry(bold('NO_COLOR'), 'With any value, output has no colors.'),
    ),
    section(
      'FILES',
      entry(italic('~/.local/state/babysit'), 'The state directory: settings, database, logs of the tasks.'),
      entry(italic('~/.local/state/babysit/config.json'), 'The settings, which babysit config changes.'),
    ),
    section(
      'EXAMPLES',
      literal([
        "babysit run --name=build --estimated_time=10m --estimated_mem_bytes=2G --command='make -j4'",
        'babysit wait build',
        'babysit log build --tail 40',
      ]),
    ),
  );
}

async function commandPage(
  name: string,
  { summary, aliases = [], load }: CommandEntry,
  version: string,
): Promise<string> {
  const { usage, about, flags, examples } = (await load()).command;
  const also =
    aliases.length === 0 ? [] : ['.PP', roff(`Also: ${aliases.map((one) => `babysit ${one}`).join(', ')}.`)];
  return page(
    head(`babysit-${name}`, version),
    section('NAME', roff(`babysit-${name} - ${summary}`)),
    section('SYNOPSIS', `${bold('babysit')} ${roff(usage)}`),
    section('DESCRIPTION', sentences(about), ...also),
    section('OPTIONS', ...options({ ...flags, ...COMMON_FLAGS, ...flags })),
    section('EXAMPLES', literal(examples)),
    section('SEE ALSO', reference('babysit')),
  );
}

function page(...parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}

function options(flags: FlagSpecs): string[] {
  return Object.entries(flags).map(([name, spec]) => entry(optionTerm(name, spec), spec.help));
}

function optionTerm(name: string, spec: FlagSpec): string {
  const names = [
    ...(spec.short === undefined ? [] : [`-${spec.short}`]),
    ...[name, ...(spec.aliases ?? [])].map((one) => `--${one}`),
  ];
  const value = spec.kind === 'switch' || spec.kind === 'tristate' ? '' : italic(spec.value ?? 'VALUE');
  const shown = value === '' ? '' : spec.kind === 'optional' ? ` [${value}]` : ` ${value}`;
  return `${names.map(bold).join(', ')}${shown}`;
}

function reference(name: string): string {
  return `${bold(name)}(1)`;
}
