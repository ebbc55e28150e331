// babysit version: shows the versions of babysit and of Node.
import { EXIT } from '../../src/core/errors.ts';
import { defineCommand } from '../command.ts';
import { version } from '../version.ts';

export const command = defineCommand({
  usage: 'version',
  about:
    'Prints the version of this command and of its Node. babysit daemon-status prints the version of the daemon.',
  flags: {},
  examples: ['babysit version'],
  async run({ output }) {
    const view = { version: version(), node: process.versions.node };
    output.result(view, () => `babysit ${view.version} (Node ${view.node})\n`);
    return EXIT.ok;
  },
});
