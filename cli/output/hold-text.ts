// Says in words who holds the start of a task, and until when.
import type { HeldByView } from '../../src/api/schemas/hold.ts';
import type { BlockedView } from '../../src/api/schemas/task.ts';
import { escapeField } from '../../src/text/terminal.ts';

const DAY_MS = 86_400_000;

/** `held: call, by alice, until 15:30` */
export function holdText({ reason, by, until }: Pick<HeldByView, 'reason' | 'by' | 'until'>): string {
  const why = reason === null ? '' : `${escapeField(reason)}, `;
  return `held: ${why}by ${escapeField(by)}, until ${until === null ? 'babysit release' : clock(until)}`;
}

/** What a hold is about: `all tasks`, `owner ci`, `task build`. */
export function scopeText(
  { scope, of }: Pick<HeldByView, 'scope' | 'of'>,
  name: string | null = null,
): string {
  return scope === 'all' ? 'all tasks' : `${scope} ${escapeField(name ?? of ?? '')}`;
}

/** `waits for mem`, or the hold. An engine and the tasks of `--after` are in it; other names may follow it. */
export function waitsText({
  dim,
  hold,
  blocked_by,
}: Pick<BlockedView, 'dim' | 'hold' | 'blocked_by'>): string {
  if (dim === 'engine') return `waits for ${blocked_by.map(escapeField).join(', ')}`;
  if (dim === 'after') return `waits for the end of ${blocked_by.map(escapeField).join(', ')}`;
  return hold === undefined ? `waits for ${dim}` : holdText(hold);
}

/** Local time, with the date from a day on. */
function clock(iso: string): string {
  const at = new Date(iso);
  // biome-ignore lint/plugin/no-wall-clock: a time relative to now, for people
  const isFar = Math.abs(at.getTime() - Date.now()) >= DAY_MS;
  return `${isFar ? `${at.toLocaleDateString('sv-SE')} ` : ''}${at.toTimeString().slice(0, 5)}`;
}
