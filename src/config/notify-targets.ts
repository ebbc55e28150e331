// The schema of the setting notify.targets.
import { z } from 'zod';
import { NOTIFY_EVENTS, type NotifyAction, type NotifyTarget } from '../core/notify.ts';
import { TASK_STATUSES } from '../core/task.ts';
import { parseJson } from '../text/json.ts';

const name = z.string().min(1).max(64);
const absolute = z.string().regex(/^\//, 'must be an absolute path');

/** The app-server of Codex listens only for programs on the host. */
const ENDPOINT = /^(unix:\/\/\/.+|ws:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d+\/?)$/;
const KINDS = 'command, webhook, desktop, bell, codex and opencode';

const TARGET = z
  .strictObject({
    name: name.optional(),
    on: z.array(z.enum(NOTIFY_EVENTS)).min(1).default(['ended']),
    owner: name.optional(),
    project: absolute.optional(),
    tag: name.optional(),
    status: z.array(z.enum(TASK_STATUSES)).min(1).optional(),
    command: z.string().min(1).max(65_536).optional(),
    webhook: z.url({ protocol: /^https?$/ }).optional(),
    secret_file: absolute.optional(),
    desktop: z.literal(true).optional(),
    bell: absolute.optional(),
    codex: z.string().regex(ENDPOINT, 'must be unix:///path or ws://127.0.0.1:PORT').optional(),
    opencode: z.url({ protocol: /^https?$/ }).optional(),
    session: name.optional(),
  })
  .transform(({ name, on, owner, project, tag, status, ...given }, context): NotifyTarget => {
    const actions: NotifyAction[] = [];
    const { command, webhook, secret_file, desktop, bell, codex, opencode } = given;
    const session = given.session ?? null;
    const secretFile = secret_file ?? null;
    if (command !== undefined) actions.push({ kind: 'command', line: command });
    if (webhook !== undefined) actions.push({ kind: 'webhook', url: webhook, secretFile });
    if (desktop) actions.push({ kind: 'desktop' });
    if (bell !== undefined) actions.push({ kind: 'bell', terminal: bell });
    if (codex !== undefined) actions.push({ kind: 'codex', endpoint: codex, session, secretFile });
    if (opencode !== undefined) actions.push({ kind: 'opencode', url: opencode, session, secretFile });
    const [action] = actions;
    if (action === undefined || actions.length > 1) {
      context.addIssue(`needs exactly one of ${KINDS}`);
      return z.NEVER;
    }
    if (secret_file !== undefined && !('secretFile' in action))
      context.addIssue('secret_file belongs to webhook, codex and opencode');
    if (given.session !== undefined && !('session' in action))
      context.addIssue('session belongs to codex and opencode');
    return {
      name: name ?? action.kind,
      on,
      owner: owner ?? null,
      project: project ?? null,
      tag: tag ?? null,
      statuses: status ?? null,
      action,
    };
  });

/** An array, or its JSON as text; an empty text is an empty array. The messages name the target by its place, from 1. */
export const notifyTargets = () =>
  z
    .preprocess((value) => (typeof value === 'string' ? parseJson(value || '[]').value : value), z.unknown())
    .transform((value, context): readonly NotifyTarget[] => {
      const parsed = z.array(TARGET).safeParse(value);
      if (!parsed.success) {
        for (const { path, message } of parsed.error.issues) {
          const [place, ...field] = path;
          const where =
            place === undefined ? '' : `${[`target ${Number(place) + 1}`, ...field].join(', ')}: `;
          context.addIssue(`${where}${message}`);
        }
        return z.NEVER;
      }
      const names = parsed.data.map((target) => target.name);
      const twice = names.find((each, place) => names.indexOf(each) !== place);
      if (twice === undefined) return parsed.data;
      context.addIssue(`two targets have the name "${twice}": give each a "name" of its own`);
      return z.NEVER;
    })
    .describe('list of targets');
