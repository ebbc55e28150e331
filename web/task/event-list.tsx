// The events of a task as a list, newest first, with their hints.
import type { EventView } from '../../src/api/schemas/events/events.ts';
import { clock } from '../text.ts';

/** The color of the mark on the charts. */
export function colorOf(event: EventView['event']): string {
  switch (event) {
    case 'kill_requested':
    case 'kill_stuck':
    case 'held':
      return 'bad';
    case 'runaway_risk':
    case 'stall_risk':
    case 'throttled':
    case 'would_kill':
    case 'adjust_refused':
      return 'warn';
    default:
      return 'limit';
  }
}

export function EventList({ events }: { readonly events: readonly EventView[] }) {
  return (
    <section aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      {events.length === 0 ? <p class="empty">No event yet.</p> : null}
      <ul class="events">
        {[...events].reverse().map((event) => (
          <li key={event.seq}>
            <time dateTime={event.at}>{clock(event.at)}</time>{' '}
            <b class={`event ${colorOf(event.event)}`}>{event.event}</b>{' '}
            <span class="reason">{detailOf(event)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What says most about an event: its reason or status, and the hint. */
function detailOf({ hint, reason, status, why, ...event }: EventView): string {
  const who = killerIn(event.detail) ?? event.killed_by ?? event.by;
  const by = typeof who === 'string' ? `by ${who}` : null;
  return [reason, status, by, why, hint].filter((part) => typeof part === 'string').join(': ');
}

function killerIn(detail: unknown): unknown {
  return typeof detail === 'object' && detail !== null && 'killed_by' in detail
    ? detail.killed_by
    : undefined;
}
