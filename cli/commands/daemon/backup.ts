// babysit backup: copies the database while the daemon runs.
import { existsSync, statSync } from 'node:fs';
import type { BackupView } from '../../../src/api/schemas/clean.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { absolutePath } from '../../input/project.ts';
import { whileBusy } from '../../output/busy.ts';
import { humanSize } from '../../output/human.ts';

export const command = defineCommand({
  usage: 'backup FILE',
  about: `Writes the database of tasks and events to a new file. Daemon and tasks keep running.
To restore it: run babysit daemon-stop, replace babysit.db in BABYSIT_HOME by the file, remove babysit.db-wal and babysit.db-shm.`,
  flags: {},
  examples: ['babysit backup ~/babysit-2026-11-21.db'],
  async run(context, { positionals: [file, ...more] }) {
    const { output, session } = context;
    if (file === undefined || more.length > 0) throw new BabysitError('usage', 'backup takes one file');
    const path = absolutePath(file);
    if (existsSync(path)) throw new BabysitError('usage', `backup: ${path} already exists`);
    const copied = () => sizeOf(path) / Math.max(1, sizeOf(session.home.database));
    const view = await whileBusy(
      context,
      'backup',
      () => call<BackupView>(session, 'POST', '/v1/backup', { path }),
      () => Math.min(1, copied()),
    );
    output.result(view, () => `wrote ${view.path}, ${humanSize(view.bytes)}\n`);
    return EXIT.ok;
  },
});

/** Of a file that may not exist yet. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
