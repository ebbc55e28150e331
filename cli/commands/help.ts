// babysit help: shows the overview or the help of one command.
import { EXIT } from '../../src/core/errors.ts';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  usage: 'help [COMMAND]',
  about: 'Prints the same as babysit --help and babysit COMMAND --help.',
  flags: {},
  examples: ['babysit help run'],
  async run({ output, help }, { positionals: [word] }) {
    output.data(await help(word));
    return EXIT.ok;
  },
});
