// The scopes of a hold that fit the tasks on the page: all, and each project, owner and tag.
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';

export interface Scope {
  /** The fields of the request as JSON. */
  readonly target: string;
  readonly text: string;
}

export const ALL = JSON.stringify({ all: true });

export function scopesOf(rows: readonly Pick<LiveTask, 'owner' | 'project' | 'tags' | 'batch'>[]): Scope[] {
  const of = (scope: 'project' | 'owner' | 'tag', values: readonly (string | null)[]): Scope[] =>
    [...new Set(values)]
      .filter((value) => value !== null)
      .sort()
      .map((value) => ({ target: JSON.stringify({ [scope]: value }), text: `of ${scope} ${value}` }));
  return [
    { target: ALL, text: 'all' },
    ...of(
      'project',
      rows.map(({ project }) => project),
    ),
    ...of(
      'owner',
      rows.map(({ owner }) => owner),
    ),
    ...of(
      'tag',
      rows.flatMap(({ tags, batch }) => [...tags, batch]),
    ),
  ];
}
