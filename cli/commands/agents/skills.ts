// babysit skills: installs the instructions for agents, as a skill or as a text block.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { claudeDir, ownPath, readScope, SCOPE_FLAG } from '../../agents/places.ts';
import { installSkill, skillStatus, uninstallSkill } from '../../agents/skill-files.ts';
import { hasSnippet, snippet, withoutSnippet, withSnippet } from '../../agents/snippet.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { readChoice } from '../../input/choice.ts';
import { absolutePath } from '../../input/project.ts';
import { noPositionals } from '../../input/refs.ts';

const FLAGS = {
  scope: SCOPE_FLAG,
  agents_md: {
    kind: 'text',
    value: 'FILE',
    help: 'change a text block in this AGENTS.md or CLAUDE.md instead of the skill',
  },
  force: { kind: 'switch', help: 'overwrite an edited skill' },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage: 'skills install|uninstall|status|snippet [--scope=user|project] [--agents_md=FILE] [--force]',
  about: `install copies the skill into the skills directory of Claude Code, or with --agents_md adds a short block to a file that
other harnesses read. uninstall removes only what install has added. snippet prints the block.`,
  flags: FLAGS,
  examples: [
    'babysit skills install',
    'babysit skills install --agents_md=AGENTS.md',
    'babysit skills status',
  ],
  run: async (context, parsed) => skills(context, parsed),
});

const VERBS = ['install', 'uninstall', 'status', 'snippet'] as const;
type Verb = Exclude<(typeof VERBS)[number], 'snippet'>;

function skills(context: Context, { flags, positionals: [word, ...more] }: Parsed<typeof FLAGS>): number {
  const verb = readChoice(word, VERBS, 'skills');
  noPositionals(more, 'skills');
  if (verb === 'snippet') {
    context.output.data(snippet());
    return EXIT.ok;
  }
  if (flags.agents_md !== undefined) return changeDocument(context, verb, absolutePath(flags.agents_md));
  const target = join(claudeDir(readScope(flags.scope), context.env), 'skills/babysit');
  return changeSkill(context, verb, target, flags.force);
}

function changeSkill(context: Context, verb: Verb, target: string, force: boolean): number {
  const source = ownPath('skill');
  let changed = {};
  if (verb === 'install') changed = { changed: installSkill(source, target, force) };
  if (verb === 'uninstall') {
    const { isChanged, kept } = uninstallSkill(source, target);
    changed = { changed: isChanged, ...(kept.length > 0 ? { kept } : {}) };
  }
  const { state, modified } = skillStatus(source, target);
  return print(context, { skill: target, state, ...(modified.length > 0 ? { modified } : {}), ...changed });
}

function changeDocument(context: Context, verb: Verb, file: string): number {
  const before = readDocument(file);
  const after =
    verb === 'install' ? withSnippet(before) : verb === 'uninstall' ? withoutSnippet(before) : before;
  const isChanged = after !== before;
  if (isChanged && after === '') rmSync(file);
  else if (isChanged) writeFileSync(file, after);
  const state = !hasSnippet(after) ? 'absent' : withSnippet(after) === after ? 'current' : 'outdated';
  return print(context, { file, state, ...(verb === 'status' ? {} : { changed: isChanged }) });
}

function readDocument(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new BabysitError('usage', `--agents_md: ${(error as Error).message}`, { flag: '--agents_md' });
  }
}

function print({ output }: Context, view: object): number {
  output.result(view, () =>
    Object.entries(view)
      .map(([key, value]) => `${key}: ${value}\n`)
      .join(''),
  );
  return EXIT.ok;
}
