// Stores the events that belong to no task, under numbers of the same sequence as those of tasks.
import type { HostEvent, RecordedHostEvent } from '../core/events.ts';
import type { LeverUse } from '../core/host/levers.ts';
import type { Sqlite } from './sqlite.ts';

/** A person causes each of them; the oldest ones are dropped. */
const KEPT = 10_000;

export function openHostEvents(db: Sqlite) {
  const begin = db.prepare(
    "INSERT INTO sqlite_sequence (name, seq) SELECT 'events', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'events')",
  );
  const next = db.prepare<[], { seq: number }>(
    "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'events' RETURNING seq",
  );
  const insert = db.prepare('INSERT INTO host_events (seq, at, event, body) VALUES (?, ?, ?, ?)');
  const trim = db.prepare(
    'DELETE FROM host_events WHERE seq <= (SELECT seq FROM host_events ORDER BY seq DESC LIMIT 1 OFFSET ?)',
  );
  const select = db.prepare<[number, number], { seq: number; at: number; body: string }>(
    'SELECT seq, at, body FROM host_events WHERE seq > ? AND seq <= ? ORDER BY seq',
  );
  const newest = db.prepare<[string, number], { at: number; body: string }>(
    'SELECT at, body FROM host_events WHERE event = ? ORDER BY seq DESC LIMIT ?',
  );
  return {
    /** The newest ones, newest first. */
    leverUses: (count: number): (LeverUse & { at: number })[] =>
      newest.all('lever', count).map(({ at, body }) => ({ ...(JSON.parse(body) as LeverUse), at })),
    /** Call in a transaction. */
    put(at: number, event: HostEvent): void {
      begin.run();
      insert.run(next.get()?.seq, at, event.event, JSON.stringify(event));
      trim.run(KEPT);
    },
    between: (after: number, through: number): RecordedHostEvent[] =>
      select
        .all(after, through)
        .map(({ seq, at, body }) => ({ ...(JSON.parse(body) as HostEvent), seq, at })),
  };
}
