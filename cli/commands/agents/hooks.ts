// babysit hooks: installs hooks into the settings of Claude Code that keep agents from polling.
import { join } from 'node:path';
import { EXIT } from '../../../src/core/errors.ts';
import { shellWord } from '../../../src/text/shell.ts';
import { HOOKS } from '../../agents/claude-hooks.ts';
import { claudeDir, ownPath, readScope, SCOPE_FLAG, type Scope } from '../../agents/places.ts';
import { installedHooks, installHooks, uninstallHooks } from '../../agents/settings-file.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { readChoice } from '../../input/nearest.ts';
import { noPositionals } from '../../input/refs.ts';

const FLAGS = {
  scope: SCOPE_FLAG,
  stop: {
    kind: 'switch',
    help: 'also install a hook that reminds a stopping agent once of tasks that still run',
  },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage: 'hooks install|uninstall|status [--scope=user|project] [--stop]',
  about: `install adds two hooks to the settings.json of Claude Code and changes nothing else in it. One blocks commands that poll
babysit and names the right command. The other prints a summary of the project's tasks at the start of a session.
uninstall restores the file. The first install saves a copy of the file as settings.json.before-babysit.`,
  flags: FLAGS,
  examples: ['babysit hooks install', 'babysit hooks install --scope=project --stop', 'babysit hooks status'],
  run: async (context, parsed) => hooks(context, parsed),
});

function hooks(context: Context, { flags, positionals: [word, ...more] }: Parsed<typeof FLAGS>): number {
  const verb = readChoice(word, ['install', 'uninstall', 'status'], 'hooks');
  noPositionals(more, 'hooks');
  const scope = readScope(flags.scope);
  const file = join(claudeDir(scope, context.env), 'settings.json');
  switch (verb) {
    case 'install': {
      const wanted = HOOKS.filter(({ event }) => event !== 'Stop' || flags.stop);
      const { isChanged } = installHooks(file, wanted, (script) => commandFor(script, scope));
      return print(context, file, scope, isChanged);
    }
    case 'uninstall':
      return print(context, file, scope, uninstallHooks(file).isChanged);
    case 'status':
      return print(context, file, scope, null);
  }
}

function print({ output }: Context, file: string, scope: Scope, changed: boolean | null): number {
  const installed = installedHooks(file).map(({ hook, command }) => ({
    event: hook.event,
    command,
    current: command === commandFor(hook.script, scope),
  }));
  const view = { scope, file, ...(changed === null ? {} : { changed }), hooks: installed };
  output.result(view, () => {
    const rows = installed.map(
      ({ event, command, current }) => `  ${event}: ${command}${current ? '' : ' (another installation)'}\n`,
    );
    return `${file}${changed === false ? ' (unchanged)' : ''}\n${rows.join('') || '  no hooks of babysit\n'}`;
  });
  return EXIT.ok;
}

/** Other users of a project's settings may not have this path. The hook then does nothing. */
function commandFor(script: string, scope: Scope): string {
  const path = shellWord(ownPath('hooks', script));
  return scope === 'user' ? path : `test ! -x ${path} || ${path}`;
}
