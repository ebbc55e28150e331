// The live state of the page: the last frame, ten minutes of the host, and the events of all tasks.
import { useEffect, useState } from 'preact/hooks';
import { type Frame, Frames } from '../../cli/client/frames.ts';
import { afterRecorded, LOOKS_PATH, withLook } from '../../cli/client/outside-peaks.ts';
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { FrameView, HostPoint } from '../../src/api/schemas/observe/live.ts';
import type { OutsideHistoryView, OutsidePoint } from '../../src/api/schemas/observe/outside.ts';
import type { SeriesView } from '../../src/api/schemas/observe/series.ts';
import { ask, RequestError, readStream } from './request.ts';
import { eventReader } from './server-events.ts';

const RETRY_MS = 1000;
export const HISTORY_MS = 600_000;

/** refused: the token is wrong, so trying again is useless. gone: the dashboard's server does not answer. */
export type Link = 'connecting' | 'up' | 'daemon_down' | 'gone' | 'refused';

export interface Live {
  readonly link: Link;
  /**
   * Changes when the page or the dashboard has connected again: streams of the page ended with the old connection. Empty
   * until the dashboard has said whether the daemon answers.
   */
  readonly connection: string;
  readonly frame: Frame | null;
  readonly mayAct: boolean;
  readonly version: string;
  /** Oldest first. */
  readonly host: readonly HostPoint[];
  /** At the programs outside of all tasks, in the last hour, oldest first. */
  readonly looks: readonly OutsidePoint[];
}

let live: Live = {
  link: 'connecting',
  connection: '',
  frame: null,
  mayAct: false,
  version: '',
  host: [],
  looks: [],
};
const watchers = new Set<(live: Live) => void>();
const listeners = new Set<(event: EventView) => void>();
let isScheduled = false;
/** Of the open connection. */
let frames = new Frames();
let connects = 0;

function update(change: Partial<Live>): void {
  live = { ...live, ...change };
  if (isScheduled) return;
  // Several frames between two pictures cost one rendering, and a hidden tab renders nothing.
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    for (const watcher of watchers) watcher(live);
  });
}

export function useLive(): Live {
  const [state, setState] = useState(live);
  useEffect(() => {
    watchers.add(setState);
    setState(live);
    return () => void watchers.delete(setState);
  }, []);
  return state;
}

/** Calls back for each event of any task. Returns how to stop it. */
export function onEvent(listener: (event: EventView) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Connects, and again after every end, until the token is refused. */
export async function connect(): Promise<void> {
  for (;;) {
    try {
      frames = new Frames();
      connects += 1;
      void loadHistory();
      void loadLooks();
      const read = eventReader((name, data) => take(name, JSON.parse(data)));
      await readStream('/v1/live', read, new AbortController().signal);
      update({ link: 'gone' });
    } catch (error) {
      if (error instanceof RequestError && (error.status === 401 || error.status === 403)) {
        update({ link: 'refused' });
        return;
      }
      update({ link: 'gone' });
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function take(name: string, value: unknown): void {
  switch (name) {
    case 'hello': {
      const { version, may_act } = value as { version: string; may_act: boolean };
      update({ version, mayAct: may_act });
      break;
    }
    case 'link': {
      const { up, connection } = value as { up: boolean; connection: number };
      update({ link: up ? 'up' : 'daemon_down', connection: `${connects}/${connection}` });
      break;
    }
    case 'frame': {
      const frame = frames.take(value as FrameView);
      update({
        frame,
        host: frame.host === null ? live.host : joined(live.host, [frame.host]),
        looks: withLook(live.looks, { at: frame.at, programs: frame.outside }),
      });
      break;
    }
    case 'event':
      for (const listener of listeners) listener(value as EventView);
  }
}

/** Rows of a series as objects with the names of its fields. */
export function pointsOf<T>({ fields, points }: SeriesView): T[] {
  return points.map((point) => Object.fromEntries(fields.map((field, i) => [field, point[i] ?? null])) as T);
}

async function loadHistory(): Promise<void> {
  try {
    const earlier = pointsOf<HostPoint>(await ask<SeriesView>(`/v1/series?since=${HISTORY_MS / 60_000}m`));
    update({ host: joined(earlier, live.host) });
  } catch {
    // The chart then begins with the first frame.
  }
}

async function loadLooks(): Promise<void> {
  try {
    const { points } = await ask<OutsideHistoryView>(LOOKS_PATH);
    update({ looks: afterRecorded(points, live.looks) });
  } catch {
    // The peaks then begin with the first frame.
  }
}

/** In order of time, without what is older than the charts. */
function joined(earlier: readonly HostPoint[], later: readonly HostPoint[]): HostPoint[] {
  const first = later[0]?.at ?? Number.POSITIVE_INFINITY;
  const all = [...earlier.filter(({ at }) => at < first), ...later];
  const from = (all.at(-1)?.at ?? 0) - HISTORY_MS;
  return all.filter(({ at }) => at >= from);
}
