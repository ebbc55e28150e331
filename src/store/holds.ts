// Stores the holds of people: the whole set, because a hold is rare and there are few.
import type { StartHold } from '../core/host/start-hold.ts';
import type { Sqlite } from './sqlite.ts';

export function openHolds(db: Sqlite) {
  const clear = db.prepare('DELETE FROM holds');
  const insert = db.prepare('INSERT INTO holds (scope, of, body) VALUES (?, ?, ?)');
  const select = db.prepare<[], { body: string }>('SELECT body FROM holds');
  return {
    all: (): StartHold[] => select.all().map(({ body }) => JSON.parse(body) as StartHold),
    /** Call in a transaction. */
    replace(holds: readonly StartHold[]): void {
      clear.run();
      for (const hold of holds) insert.run(hold.scope, hold.of ?? '', JSON.stringify(hold));
    },
  };
}
