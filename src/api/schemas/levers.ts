// POST /v1/levers, and how the other routes say who pulls a lever.
import { z } from 'zod';
import { LEVERS, type LeverUse } from '../../core/host/levers.ts';
import { check } from './check.ts';

const text = z.string();

export const LEVER_USE = z
  .strictObject({
    lever: z.enum(LEVERS).describe('What was used; an agent needs the setting `agents.may_<lever>` for it.'),
    of: text.nullable().describe('The task, the setting or the profile. Null: none.'),
    by: text.describe('Who used it: the user, with the session of an agent.'),
    at: text.describe('When.'),
  })
  .meta({
    id: 'LeverUse',
    description: 'One use of a lever: of something that costs other users of the host.',
  });
export type LeverUseView = z.output<typeof LEVER_USE>;

const NAME_MAX = 300;
/** Uses that the daemon does not see itself: a removal of the hooks, the bypass word. */
export const LEVER_BODY = z.strictObject({
  lever: z.enum(['uninstall_hooks', 'bypass']),
  of: text.max(NAME_MAX).nullable().optional(),
  by: text.min(1).max(NAME_MAX),
});

export function parseLever(body: unknown): LeverUse {
  const { lever, of = null, by } = check(LEVER_BODY, body ?? {});
  return { lever, of, by };
}
