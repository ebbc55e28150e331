// babysit help: the overview, or the help of one command.
import { BabysitError, EXIT } from '../../src/core/errors.ts';
import { defineCommand } from '../command.ts';
import { COMMANDS, commandWords, resolveCommand } from '../commands.ts';
import { commandHelp, overview } from '../help.ts';
import { nearest } from '../input/nearest.ts';

export const command = defineCommand({
  usage: 'help [COMMAND]',
  about: 'The same as babysit --help and babysit COMMAND --help.',
  flags: {},
  examples: ['babysit help run'],
  async run({ output }, { positionals: [word] }) {
    if (word === undefined) {
      output.data(overview());
      return EXIT.ok;
    }
    const name = resolveCommand(word);
    const entry = name === null ? undefined : COMMANDS[name];
    if (name === null || entry === undefined) {
      const near = nearest(word, commandWords());
      throw new BabysitError(
        'usage',
        `unknown command "${word}"`,
        near ? { nearest: near, hint: `Did you mean babysit help ${near}?` } : {},
      );
    }
    output.data(commandHelp(name, (await entry.load()).command));
    return EXIT.ok;
  },
});
