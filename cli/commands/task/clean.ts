// babysit clean: removes ended tasks with their logs.
import type { CleanBody, CleanView } from '../../../src/api/schemas/clean.ts';
import { counted } from '../../../src/core/counted.ts';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { escapeField } from '../../../src/text/terminal.ts';
import { parseDuration } from '../../../src/units/duration.ts';
import { SELECT_FLAGS } from '../../client/select.ts';
import { call } from '../../client/session.ts';
import { defineCommand } from '../../command.ts';
import { currentProject } from '../../input/project.ts';
import { taskRefs } from '../../input/refs.ts';
import { whileBusy } from '../../output/busy.ts';

export const command = defineCommand({
  usage: 'clean [NAME... | --tag=TAG] [--older_than=DURATION | --all] [--status=failed,killed] [--dry_run]',
  about: `Removes ended tasks of every project from the database, with their logs and checkpoints. Never removes a live task.
Without a name or flag it removes tasks that ended more than 7 days ago. With names, patterns or --tag it removes those ended
tasks of this project, of any age. The daemon also does so by itself: see babysit config retention.`,
  flags: {
    ...SELECT_FLAGS,
    older_than: {
      kind: 'text',
      value: 'DURATION',
      help: 'tasks that ended longer ago than this (default: 7d)',
    },
    all: { kind: 'switch', help: 'all ended tasks' },
    status: { kind: 'list', value: 'STATUS[,STATUS]', help: 'only tasks with these statuses' },
    dry_run: { kind: 'switch', help: 'only print what it would remove' },
  },
  examples: [
    'babysit clean --older_than=2d --dry_run',
    'babysit clean --all --status=completed',
    "babysit clean 'item-*'",
  ],
  async run(context, parsed) {
    const { output, session } = context;
    const { flags } = parsed;
    const names = taskRefs(parsed).map(({ text }) => text);
    const isNamed = names.length + flags.tag.length > 0;
    if (flags.all && flags.older_than !== undefined)
      throw new BabysitError('usage', '--all and --older_than exclude each other');
    if (flags.older_than !== undefined) parseDuration(flags.older_than, '--older_than');
    const body: CleanBody = {
      ...(flags.all ? { all: true } : {}),
      ...(flags.older_than === undefined ? {} : { older_than: flags.older_than }),
      ...(flags.status.length === 0 ? {} : { status: flags.status.join(',') }),
      ...(flags.dry_run ? { dry_run: true } : {}),
      ...(names.length === 0 ? {} : { name: names }),
      ...(flags.tag.length === 0 ? {} : { tag: flags.tag }),
      ...(isNamed && !flags.all_projects ? { project: currentProject() } : {}),
    };
    const view = await whileBusy(context, 'clean', () => call<CleanView>(session, 'POST', '/v1/clean', body));
    output.result(view, () => cleanText(view));
    return EXIT.ok;
  },
});

function cleanText({ removed, dry_run, names }: CleanView): string {
  const which =
    names.length === 0 ? '' : `: ${escapeField(names.join(', '))}${removed > names.length ? ', …' : ''}`;
  return `${dry_run ? 'would remove' : 'removed'} ${counted(removed, 'ended task')}${which}\n`;
}
