// babysit shim: scripts in PATH that run heavy calls of programs through babysit, for harnesses without hooks.
import { delimiter, join } from 'node:path';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { shellWord } from '../../../src/text/shell.ts';
import { ownPath } from '../../agents/places.ts';
import { installedShims, installShims, removeShims } from '../../agents/shims.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { Parsed } from '../../input/argv.ts';
import { readChoice } from '../../input/choice.ts';

const FLAGS = {} as const;

export const command = defineCommand({
  usage: 'shim install NAME... | shim uninstall [NAME...] | shim status',
  about: `install writes a script for each program into the directory shims of BABYSIT_HOME and prints the line that puts this directory
first in PATH. A script runs the program through babysit exec when a rule of babysit hooks route says that this call is heavy, and
directly otherwise. Use it for harnesses without hooks.`,
  flags: FLAGS,
  examples: ['babysit shim install cargo make npm', 'babysit shim uninstall'],
  run: async (context, parsed) => shim(context, parsed),
});

function shim(context: Context, { positionals: [word, ...names] }: Parsed<typeof FLAGS>): number {
  const verb = readChoice(word, ['install', 'uninstall', 'status'], 'shim');
  const dir = join(context.session.home.dir, 'shims');
  switch (verb) {
    case 'install':
      if (names.length === 0)
        throw new BabysitError('usage', 'shim install needs the names of programs', {
          hint: 'Run babysit shim install cargo make npm.',
        });
      installShims(names, { dir, babysit: ownPath('babysit'), hooks: ownPath('hooks') });
      return print(context, dir, {});
    case 'uninstall':
      return print(context, dir, { removed: removeShims(names, dir) });
    case 'status':
      return print(context, dir, {});
  }
}

function print({ output, env }: Context, dir: string, more: object): number {
  const shims = installedShims(dir);
  const inPath = (env.PATH ?? '').split(delimiter)[0] === dir;
  const path = `export PATH=${shellWord(dir)}:"$PATH"`;
  const isNeeded = shims.length > 0 && !inPath;
  output.result({ dir, shims, ...more, ...(isNeeded ? { run: path } : {}) }, () => {
    const list = shims.length === 0 ? 'no shims' : shims.join(' ');
    return `${dir}: ${list}\n${isNeeded ? `Put it first in PATH:\n${path}\n` : ''}`;
  });
  return EXIT.ok;
}
