// babysit backup: a copy of the record while the daemon runs.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BackupView } from '../../../src/api/schemas/clean.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { humanSize } from '../../output/human.ts';

export const command = defineCommand({
  usage: 'backup FILE',
  about: `Writes the database of tasks and events, as it is now, to a file that must not exist yet; tasks go on meanwhile.
To go back to it: babysit daemon-stop, put the file in place of babysit.db in BABYSIT_HOME, remove babysit.db-wal and -shm.`,
  flags: {},
  examples: ['babysit backup ~/babysit-2026-11-21.db'],
  async run({ output, session }, { positionals: [file, ...more] }) {
    if (file === undefined || more.length > 0) throw new BabysitError('usage', 'backup takes one file');
    const path = resolve(file);
    if (existsSync(path)) throw new BabysitError('usage', `backup: ${path} exists already`);
    const view = await call<BackupView>(session, 'POST', '/v1/backup', { path });
    output.data(output.json ? `${JSON.stringify(view)}\n` : `wrote ${view.path}, ${humanSize(view.bytes)}\n`);
    return EXIT.ok;
  },
});
