// babysit config: every setting with its value and source.
import type { ConfigView } from '../../../src/api/schemas/daemon.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { humanValue } from '../../output/human.ts';
import { alignedTable } from '../../output/table.ts';

export const command = defineCommand({
  usage: 'config [show] [KEY...]',
  about: `Settings come from BABYSIT_* variables, then config.json in BABYSIT_HOME, then the defaults.
With a KEY only the settings whose name begins with it.`,
  flags: {},
  examples: ['babysit config show', 'babysit config show admission'],
  async run({ output, session, full }, { positionals }) {
    const keys = positionals[0] === 'show' ? positionals.slice(1) : positionals;
    const { values } = await call<ConfigView>(session, 'GET', '/v1/config');
    const shown = values.filter(
      ({ key }) => keys.length === 0 || keys.some((prefix) => key.startsWith(prefix)),
    );
    if (shown.length === 0 && keys.length > 0)
      throw new BabysitError('usage', `no setting begins with ${keys.join(' or ')}`, {
        hint: 'babysit config show lists all.',
      });
    if (output.json)
      output.data(
        shown.map(({ help, ...row }) => `${JSON.stringify(full ? { ...row, help } : row)}\n`).join(''),
      );
    else
      output.data(
        alignedTable(
          ['key', 'value', 'source', 'help'],
          shown.map(({ key, value, source, help }) => [key, humanValue(key, value), source, help]),
        ),
      );
    return EXIT.ok;
  },
});
