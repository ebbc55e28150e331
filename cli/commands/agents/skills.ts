// babysit skills: what teaches agents babysit, put where their harness looks for it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { claudeDir, ownPath, readScope, SCOPE_FLAG } from '../../agents/places.ts';
import { installSkill, skillStatus, uninstallSkill } from '../../agents/skill-files.ts';
import { hasSnippet, snippet, withoutSnippet, withSnippet } from '../../agents/snippet.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';

const FLAGS = {
  scope: SCOPE_FLAG,
  agents_md: {
    kind: 'text',
    value: 'FILE',
    help: 'a block in this AGENTS.md, CLAUDE.md or the like, instead of the skill',
  },
  force: { kind: 'switch', help: 'overwrite a skill that was edited' },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage: 'skills install|uninstall|status|snippet [--scope=user|project] [--agents_md=FILE]',
  about: `install copies the skill into Claude Code's skills directory, or with --agents_md puts a short block into a file that
other harnesses read. uninstall removes what install has made, and nothing else. snippet prints the block.`,
  flags: FLAGS,
  examples: [
    'babysit skills install',
    'babysit skills install --agents_md=AGENTS.md',
    'babysit skills status',
  ],
  run: async (context, parsed) => skills(context, parsed),
});

type Verb = 'install' | 'uninstall' | 'status';

function skills(context: Context, { flags, positionals }: Parsed<typeof FLAGS>): number {
  const [verb = '', extra] = positionals;
  if (extra !== undefined) throw new BabysitError('usage', `skills takes no word "${extra}"`);
  switch (verb) {
    case 'snippet':
      context.output.data(snippet());
      return EXIT.ok;
    case 'install':
    case 'uninstall':
    case 'status':
      return flags.agents_md === undefined
        ? changeSkill(
            context,
            verb,
            join(claudeDir(readScope(flags.scope), context.env), 'skills/babysit'),
            flags.force,
          )
        : changeDocument(context, verb, resolve(flags.agents_md));
    default:
      throw new BabysitError('usage', verb === '' ? 'skills needs a verb' : `skills has no verb "${verb}"`, {
        hint: 'One of install, uninstall, status, snippet.',
      });
  }
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
  return tell(context, { skill: target, state, ...(modified.length > 0 ? { modified } : {}), ...changed });
}

function changeDocument(context: Context, verb: Verb, file: string): number {
  const before = readDocument(file);
  const after =
    verb === 'install' ? withSnippet(before) : verb === 'uninstall' ? withoutSnippet(before) : before;
  const isChanged = after !== before;
  if (isChanged && after === '') rmSync(file);
  else if (isChanged) writeFileSync(file, after);
  const state = !hasSnippet(after) ? 'absent' : withSnippet(after) === after ? 'current' : 'outdated';
  return tell(context, { file, state, ...(verb === 'status' ? {} : { changed: isChanged }) });
}

function readDocument(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new BabysitError('usage', `--agents_md: ${(error as Error).message}`, { flag: '--agents_md' });
  }
}

function tell({ output }: Context, view: object): number {
  if (output.json) output.data(`${JSON.stringify(view)}\n`);
  else
    output.data(
      Object.entries(view)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join(''),
    );
  return EXIT.ok;
}
