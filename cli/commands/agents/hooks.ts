// babysit hooks: installs hooks into the settings of Claude Code that keep agents from polling.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { shellWord } from '../../../src/text/shell.ts';
import { HOOKS } from '../../agents/claude-hooks.ts';
import { envOf } from '../../agents/gate-checks.ts';
import { claudeDir, ownPath, readScope, SCOPE_FLAG, type Scope } from '../../agents/places.ts';
import { installedHooks, installHooks, uninstallHooks } from '../../agents/settings-file.ts';
import { missingWaitSettings } from '../../agents/wait-settings.ts';
import { reportLeverUse } from '../../client/lever-use.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { FlagSpecs, Parsed } from '../../input/argv.ts';
import { callerName } from '../../input/caller.ts';
import { readChoice } from '../../input/choice.ts';
import { noPositionals } from '../../input/refs.ts';
import { alignedTable } from '../../output/table.ts';

const FLAGS = {
  scope: SCOPE_FLAG,
  stop: {
    kind: 'switch',
    help: 'also install a hook that reminds a stopping agent once of tasks that still run',
  },
  in_background: { kind: 'switch', help: 'explain it as a command that the harness runs in the background' },
} as const satisfies FlagSpecs;

export const command = defineCommand({
  usage:
    "hooks install|uninstall|status [--scope=user|project] [--stop] | hooks route | hooks explain 'COMMAND' [--in_background]",
  about: `install adds two hooks to the settings.json of Claude Code and changes nothing else in it. One blocks commands that poll
babysit and names the right command. The other prints a summary of the project's tasks at the start of a session.
uninstall restores the file. The first install saves a copy of the file as settings.json.before-babysit.
route prints the mode (setting hooks.route) and the rules for heavy commands; explain prints what the hook does with a command, by
which rule, and the command that it names instead. Neither runs the command.`,
  flags: FLAGS,
  examples: [
    'babysit hooks install',
    'babysit hooks install --scope=project --stop',
    'babysit hooks status',
    "babysit hooks explain 'cargo build && cargo test'",
  ],
  run: async (context, parsed) => hooks(context, parsed),
});

async function hooks(
  context: Context,
  { flags, positionals: [word, ...more] }: Parsed<typeof FLAGS>,
): Promise<number> {
  const verb = readChoice(word, ['install', 'uninstall', 'status', 'route', 'explain'], 'hooks');
  if (verb === 'explain') {
    const [command, ...rest] = more;
    noPositionals(rest, 'hooks');
    if (command === undefined)
      throw new BabysitError('usage', 'hooks explain needs a command', {
        hint: "Run babysit hooks explain 'cargo build'.",
      });
    return explain(context, command, flags.in_background);
  }
  noPositionals(more, 'hooks');
  if (verb === 'route') return route(context);
  const scope = readScope(flags.scope);
  const file = join(claudeDir(scope, context.env), 'settings.json');
  switch (verb) {
    case 'install': {
      const wanted = HOOKS.filter(({ event }) => event !== 'Stop' || flags.stop);
      const { isChanged } = installHooks(file, wanted, (script) => commandFor(script, scope));
      const code = print(context, file, scope, isChanged);
      adviseWaits(context, file);
      return code;
    }
    case 'uninstall': {
      const { isChanged } = uninstallHooks(file);
      const { session, env } = context;
      if (isChanged)
        await reportLeverUse(session.home, { lever: 'uninstall_hooks', of: file, by: callerName(env) });
      return print(context, file, scope, isChanged);
    }
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

/** Names the variables without which Claude Code ends a long wait. Settings beside the hooks are the user's. */
function adviseWaits({ output, env }: Context, file: string): void {
  const missing = missingWaitSettings(env, envOf(file));
  if (missing.length === 0) return;
  const recommended = missing.map(({ variable, value, why }) => ({ variable, value, why }));
  output.notify({ recommended_env: recommended }, () =>
    recommended
      .map(({ variable, value, why }) => `babysit: set ${variable}=${value} under env: ${why}\n`)
      .join(''),
  );
}

function explain({ output, env }: Context, command: string, inBackground: boolean): number {
  const words = ['explain', command, ...(inBackground ? ['background'] : [])];
  const view = askHook(words, env);
  output.result(view, () => {
    const { action, because, rule, instead, why } = view as Record<string, string | undefined>;
    if (action === 'pass')
      return rule === undefined ? 'The command may run.\n' : `The command may run. Rule "${rule}": ${why}\n`;
    const by = rule === undefined ? '' : `, rule "${rule}"`;
    return `${action} (${because}${by}). Instead:\n${instead}\n${why}\n`;
  });
  return EXIT.ok;
}

interface Routing {
  readonly mode: string;
  readonly rules: readonly {
    name: string;
    programs: readonly string[];
    args?: string;
    except?: string;
    mode?: string;
  }[];
  readonly files: readonly { file: string; fault: string | null }[];
}

function route({ output, env }: Context): number {
  const view = askHook(['route'], env) as Routing;
  output.result(view, () => {
    const rows = view.rules.map(({ name, programs, mode }) => [name, programs.join(' '), mode ?? view.mode]);
    const files = view.files
      .map(({ file, fault }) => `${file}${fault === null ? '' : `: ${fault}`}\n`)
      .join('');
    return `mode ${view.mode}\n${files}${alignedTable(['rule', 'programs', 'mode'], rows, output)}`;
  });
  return EXIT.ok;
}

/** The rules are in the bundle of the hooks. */
function askHook(words: readonly string[], env: NodeJS.ProcessEnv): object {
  const text = execFileSync(process.execPath, [ownPath('dist', 'hooks.cjs'), ...words], {
    env,
    encoding: 'utf8',
  });
  return JSON.parse(text) as object;
}

/** Other users of a project's settings may not have this path. The hook then does nothing. */
function commandFor(script: string, scope: Scope): string {
  const path = shellWord(ownPath('hooks', script));
  return scope === 'user' ? path : `test ! -x ${path} || ${path}`;
}
