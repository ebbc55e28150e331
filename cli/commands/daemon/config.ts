// babysit config: shows every setting with its value and source.
import type { ConfigView } from '../../../src/api/schemas/daemon.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { humanValue } from '../../output/human.ts';
import { alignedTable } from '../../output/table.ts';

export const command = defineCommand({
  usage: 'config [show] [KEY...]',
  about: `A BABYSIT_* variable overrides config.json in BABYSIT_HOME, which overrides the default.
With a KEY it prints only the settings whose names begin with it.`,
  flags: {},
  examples: ['babysit config show', 'babysit config show admission'],
  async run({ output, session, full }, { positionals }) {
    const keys = positionals[0] === 'show' ? positionals.slice(1) : positionals;
    const { values } = await call<ConfigView>(session, 'GET', '/v1/config');
    const shown = values.filter(
      ({ key }) => keys.length === 0 || keys.some((prefix) => key.startsWith(prefix)),
    );
    if (shown.length === 0 && keys.length > 0)
      throw new BabysitError('usage', `no setting name begins with ${keys.join(' or ')}`, {
        hint: 'Run babysit config show for all settings.',
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
