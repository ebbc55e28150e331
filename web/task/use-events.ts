// The events of one task, from its start on.
import { useEffect, useState } from 'preact/hooks';
import type { EventView } from '../../src/api/schemas/events/events.ts';
import { readStream } from '../client/request.ts';
import { eventReader } from '../client/server-events.ts';

const MOST = 500;

export function useEvents(id: string, connection: string): readonly EventView[] {
  const [events, setEvents] = useState<readonly EventView[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the stream ended with the old connection.
  useEffect(() => {
    const leaving = new AbortController();
    setEvents([]);
    const read = eventReader((_, data) => {
      const event = JSON.parse(data) as EventView;
      if (event.seq !== undefined) setEvents((earlier) => [...earlier, event].slice(-MOST));
    });
    // After 0 the daemon sends only the end of an ended task. The first event of all is never one that this page shows.
    readStream(`/v1/tasks/${encodeURIComponent(id)}/events?after=1`, read, leaving.signal).catch(() => {});
    return () => leaving.abort();
  }, [id, connection]);
  return events;
}
