// A hold of a person: no task of its scope starts until the hold ends or is released. Running tasks are not touched.

export const HOLD_SCOPES = ['all', 'project', 'owner', 'tag', 'task'] as const;
export type HoldScope = (typeof HOLD_SCOPES)[number];

/** What a hold is about. */
export interface HoldTarget {
  readonly scope: HoldScope;
  /** The project, the owner, the tag, or the id of the task; null for `all`. */
  readonly of: string | null;
}

export interface StartHold extends HoldTarget {
  readonly reason: string | null;
  /** The person who made it. */
  readonly by: string;
  /** Epoch ms. */
  readonly since: number;
  /** Epoch ms; null: until it is released. */
  readonly until: number | null;
  /** The person waits for the end of the running tasks. */
  readonly isDrain: boolean;
}

/** What decides whether a hold covers a candidate for a start. */
export interface Holdable {
  readonly id: string;
  readonly owner: string;
  readonly project?: string | undefined;
  /** With the batch, which `--tag` selects too. */
  readonly tags?: readonly string[] | undefined;
}

/** One hold for each scope: a second one replaces the first. */
export function keyOfHold({ scope, of }: HoldTarget): string {
  return `${scope} ${of ?? ''}`;
}

export function covers({ scope, of }: HoldTarget, { id, owner, project, tags }: Holdable): boolean {
  switch (scope) {
    case 'all':
      return true;
    case 'project':
      return project === of;
    case 'owner':
      return owner === of;
    case 'tag':
      return of !== null && tags?.includes(of) === true;
    case 'task':
      return id === of;
  }
}

/** Of the holds that cover the candidate the one that ends last; null when none does. */
export function holdOf(holds: Iterable<StartHold>, candidate: Holdable): StartHold | null {
  let last: StartHold | null = null;
  for (const hold of holds)
    if (covers(hold, candidate) && (last === null || endsLater(hold, last))) last = hold;
  return last;
}

function endsLater(hold: StartHold, other: StartHold): boolean {
  return (hold.until ?? Number.POSITIVE_INFINITY) > (other.until ?? Number.POSITIVE_INFINITY);
}
