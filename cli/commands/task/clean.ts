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
  about: `Removes ended tasks of every project: their record, logs and checkpoints. Live tasks are never touched.
Without a flag those that ended more than 7 days ago. The daemon does the same by itself, see retention in babysit config.`,
  flags: {
    older_than: { kind: 'text', value: 'DURATION', help: 'that ended longer ago (default 7d)' },
    all: { kind: 'switch', help: 'however short ago' },
    status: { kind: 'list', value: 'STATUS[,STATUS]', help: 'of these alone' },
    dry_run: { kind: 'switch', help: 'only say what would be removed' },
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
    output.data(output.json ? `${JSON.stringify(view)}\n` : cleanText(view));
    return EXIT.ok;
  },
});

function cleanText({ removed, dry_run, names }: CleanView): string {
  const which =
    names.length === 0 ? '' : `: ${escapeField(names.join(', '))}${removed > names.length ? ', …' : ''}`;
  return `${dry_run ? 'would remove' : 'removed'} ${removed} ended task${removed === 1 ? '' : 's'}${which}\n`;
}
