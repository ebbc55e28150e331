// GET, POST and DELETE /v1/hold: the holds of people.
import { z } from 'zod';
import { BabysitError } from '../../core/errors.ts';
import { HOLD_SCOPES, type HoldScope } from '../../core/host/start-hold.ts';
import { parseDuration } from '../../units/duration.ts';
import { check } from './check.ts';
import { owner, quantity } from './fields.ts';

const text = z.string();
const time = z.string();

/** What a waiting task shows of its hold. */
export const HELD_BY = z
  .strictObject({
    scope: z
      .enum(HOLD_SCOPES)
      .describe('What is held: all tasks, those of a project, an owner or a tag, or one task.'),
    of: text.nullable().describe('The project, owner or tag, or the id of the task. Null for `all`.'),
    reason: text.nullable().describe('Why, in the words of the person.'),
    by: text.describe('Who holds.'),
    until: time.nullable().describe('When the hold ends by itself. Null: at `babysit release`.'),
  })
  .meta({ id: 'HeldBy', description: 'The hold of a person under which a task waits.' });
export type HeldByView = z.output<typeof HELD_BY>;

export const HOLD = z
  .strictObject({
    ...HELD_BY.shape,
    name: text.nullable().describe('Name of the task. Null for other scopes.'),
    since: time.describe('When it began.'),
    drain: z.boolean().describe('The person waits for the end of the running tasks.'),
    held: z.number().describe('Tasks and callers of wait_for_capacity that wait for its end now.'),
    running: z.number().describe('Running and paused tasks of its scope. The hold does not touch them.'),
    expected_end: time
      .nullable()
      .describe('Likely end of the last of them. Null: none runs, or a paused one has no expected end.'),
    latest_end: time.nullable().describe('Their last kill timeout. Null: likewise.'),
  })
  .meta({ id: 'Hold', description: 'A hold of a person: no task of its scope starts.' });
export type HoldView = z.output<typeof HOLD>;

export const HOLDS = z
  .strictObject({ holds: z.array(HOLD).describe('The holds in force.') })
  .meta({ id: 'Holds', description: 'The holds in force.' });
export type HoldsView = z.output<typeof HOLDS>;

export const RELEASED = z
  .strictObject({
    released: HOLD.nullable().describe('The hold that was released. Null: nothing was held.'),
    ...HOLDS.shape,
  })
  .meta({ id: 'Released', description: 'The answer to a release.' });
export type ReleasedView = z.output<typeof RELEASED>;

const flag = z.union([z.boolean(), z.enum(['0', '1', 'true', 'false'])]);
const TARGET = {
  all: flag.optional(),
  project: text.min(1).optional(),
  owner: owner.optional(),
  tag: text.min(1).optional(),
  task: text.min(1).optional(),
  by: owner.optional(),
};
const REASON_MAX = 100;
export const HOLD_BODY = z.strictObject({
  ...TARGET,
  for: quantity.optional(),
  drain: z.boolean().optional(),
  reason: text.max(REASON_MAX).optional(),
});
export type HoldBody = z.input<typeof HOLD_BODY>;
export const RELEASE_QUERY = z.strictObject(TARGET);

/** A target whose task may still be a name. */
export interface AskedTarget {
  readonly scope: HoldScope;
  readonly of: string | null;
}

export interface HoldRequest {
  readonly target: AskedTarget;
  /** Null: until it is released. */
  readonly forMs: number | null;
  readonly isDrain: boolean;
  readonly reason: string | null;
  /** Null: not said. */
  readonly by: string | null;
}

export type ReleaseRequest = Pick<HoldRequest, 'target' | 'by'>;

export function parseHold(body: unknown): HoldRequest {
  const { for: lasting, drain = false, reason = '', by = null, ...target } = check(HOLD_BODY, body ?? {});
  return {
    target: targetOf(target),
    forMs: lasting === undefined ? null : parseDuration(String(lasting), 'for'),
    isDrain: drain,
    reason: reason === '' ? null : reason,
    by,
  };
}

export function parseRelease(query: unknown): ReleaseRequest {
  const { by = null, ...target } = check(RELEASE_QUERY, query ?? {});
  return { target: targetOf(target), by };
}

/** Without a word all tasks are meant. */
function targetOf({ all, ...rest }: Omit<z.output<typeof RELEASE_QUERY>, 'by'>): AskedTarget {
  const asked = Object.entries(rest).filter(([, value]) => value !== undefined);
  const isAll = all === true || all === '1' || all === 'true';
  if (asked.length + (isAll ? 1 : 0) > 1)
    throw new BabysitError('usage', 'all, project, owner, tag and task exclude each other');
  const [first] = asked;
  return first === undefined
    ? { scope: 'all', of: null }
    : { scope: first[0] as HoldScope, of: first[1] ?? null };
}
