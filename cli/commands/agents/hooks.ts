// babysit hooks: what stops agents from polling, put into Claude Code's settings.
import { join } from 'node:path';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { shellWord } from '../../../src/text/shell.ts';
import { HOOKS } from '../../agents/claude-hooks.ts';
import { claudeDir, ownPath, readScope, SCOPE_FLAG, type Scope } from '../../agents/places.ts';
import { installedHooks, installHooks, uninstallHooks } from '../../agents/settings-file.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';

const FLAGS = {
  scope: SCOPE_FLAG,
  stop: { kind: 'switch', help: 'also remind once of tasks that still run when the agent stops' },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage: 'hooks install|uninstall|status [--scope=user|project] [--stop]',
  about: `install puts two hooks into Claude Code's settings.json and keeps everything else in it as it is: one blocks
sleep-polling of babysit with the right command, one sums up the project's tasks when a session starts.
uninstall makes the file what it was. The file before the first installation is kept beside it.`,
  flags: FLAGS,
  examples: ['babysit hooks install', 'babysit hooks install --scope=project --stop', 'babysit hooks status'],
  run: async (context, parsed) => hooks(context, parsed),
});

function hooks(context: Context, { flags, positionals }: Parsed<typeof FLAGS>): number {
  const [verb = '', extra] = positionals;
  if (extra !== undefined) throw new BabysitError('usage', `hooks takes no word "${extra}"`);
  const scope = readScope(flags.scope);
  const file = join(claudeDir(scope, context.env), 'settings.json');
  switch (verb) {
    case 'install': {
      const wanted = HOOKS.filter(({ event }) => event !== 'Stop' || flags.stop);
      return tell(
        context,
        file,
        scope,
        installHooks(file, wanted, (script) => commandFor(script, scope)).isChanged,
      );
    }
    case 'uninstall':
      return tell(context, file, scope, uninstallHooks(file).isChanged);
    case 'status':
      return tell(context, file, scope, null);
    default:
      throw new BabysitError('usage', verb === '' ? 'hooks needs a verb' : `hooks has no verb "${verb}"`, {
        hint: 'One of install, uninstall, status.',
      });
  }
}

function tell({ output }: Context, file: string, scope: Scope, changed: boolean | null): number {
  const installed = installedHooks(file).map(({ hook, command }) => ({
    event: hook.event,
    command,
    current: command === commandFor(hook.script, scope),
  }));
  if (output.json)
    output.data(
      `${JSON.stringify({ scope, file, ...(changed === null ? {} : { changed }), hooks: installed })}\n`,
    );
  else {
    const rows = installed.map(
      ({ event, command, current }) =>
        `  ${event}: ${command}${current ? '' : ' (of another installation)'}\n`,
    );
    output.data(
      `${file}${changed === false ? ' (unchanged)' : ''}\n${rows.join('') || '  no hooks of babysit\n'}`,
    );
  }
  return EXIT.ok;
}

/** Settings of a project are shared with people who may not have this path: there the hook is nothing. */
function commandFor(script: string, scope: Scope): string {
  const path = shellWord(ownPath('hooks', script));
  return scope === 'user' ? path : `test ! -x ${path} || ${path}`;
}
