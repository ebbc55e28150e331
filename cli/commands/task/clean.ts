// babysit clean: removes ended tasks with their logs.
import type { CleanBody, CleanView } from '../../../src/api/schemas/clean.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { escapeField } from '../../../src/text/terminal.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { noPositionals } from '../../input/refs.ts';

export const command = defineCommand({
  usage: 'clean [--older_than=DURATION | --all] [--status=failed,killed] [--dry_run]',
  about: `Removes ended tasks of every project from the database, with their logs and checkpoints. Never removes a live task.
Without a flag it removes tasks that ended more than 7 days ago. The daemon also does so by itself: see babysit config retention.`,
  flags: {
    older_than: {
      kind: 'text',
      value: 'DURATION',
      help: 'tasks that ended longer ago than this (default: 7d)',
    },
    all: { kind: 'switch', help: 'all ended tasks' },
    status: { kind: 'list', value: 'STATUS[,STATUS]', help: 'only tasks with these statuses' },
    dry_run: { kind: 'switch', help: 'only print what it would remove' },
  },
  examples: ['babysit clean --older_than=2d --dry_run', 'babysit clean --all --status=completed'],
  async run({ output, session }, { flags, positionals }) {
    noPositionals(positionals, 'clean');
    if (flags.all && flags.older_than !== undefined)
      throw new BabysitError('usage', '--all and --older_than exclude each other');
    if (flags.older_than !== undefined) parseDuration(flags.older_than, '--older_than');
    const body: CleanBody = {
      ...(flags.all ? { all: true } : {}),
      ...(flags.older_than === undefined ? {} : { older_than: flags.older_than }),
      ...(flags.status.length === 0 ? {} : { status: flags.status.join(',') }),
      ...(flags.dry_run ? { dry_run: true } : {}),
    };
    const view = await call<CleanView>(session, 'POST', '/v1/clean', body);
    output.result(view, () => cleanText(view));
    return EXIT.ok;
  },
});

function cleanText({ removed, dry_run, names }: CleanView): string {
  const which =
    names.length === 0 ? '' : `: ${escapeField(names.join(', '))}${removed > names.length ? ', …' : ''}`;
  return `${dry_run ? 'would remove' : 'removed'} ${removed} ended task${removed === 1 ? '' : 's'}${which}\n`;
}
