// babysit version: of babysit and of the Node that runs it.
import { EXIT } from '../../src/core/errors.ts';
import { defineCommand } from '../command.ts';
import { version } from '../version.ts';

export const command = defineCommand({
  usage: 'version',
  about: 'The version of this babysit; babysit daemon-status shows that of the daemon.',
  flags: {},
  examples: ['babysit version'],
  async run({ output }) {
    const view = { version: version(), node: process.versions.node };
    output.data(output.json ? `${JSON.stringify(view)}\n` : `babysit ${view.version} (Node ${view.node})\n`);
    return EXIT.ok;
  },
});
