// Holds the state of the screen, and carries out the effects of keys.
import type { HoldBody, HoldView, ReleasedView } from '../../src/api/schemas/hold.ts';
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { inboxScope } from '../client/inbox.ts';
import { call, type Session } from '../client/session.ts';
import { callerName } from '../input/caller.ts';
import { taskPath } from '../input/refs.ts';
import { checkLever } from '../levers.ts';
import { feedDetail } from './detail-feed.ts';
import { type Key, pressed } from './keys.ts';
import { type Effect, type News, type State, withNews } from './state.ts';

/** Between two pictures for frames alone. A key is answered at once. */
const FRAME_MS = 950;

export interface Store {
  readonly get: () => State;
  readonly subscribe: (changed: () => void) => () => void;
  press(key: Key): void;
  report(news: News): void;
  close(): void;
}

export interface StoreDeps {
  readonly session: Session;
  readonly env: NodeJS.ProcessEnv;
  quit(): void;
  suspend(): void;
}

export function createStore(first: State, deps: StoreDeps): Store {
  let state = first;
  let detail: AbortController | null = null;
  const listeners = new Set<() => void>();

  function draw(): void {
    for (const changed of listeners) changed();
  }

  function become(next: State): void {
    if (next === state) return;
    state = next;
    draw();
  }

  let resting: NodeJS.Timeout | null = null;
  let isNewer = false;

  /** Composing the screen costs more than all else, and a busy daemon sends several frames a second. */
  function drawSoon(): void {
    isNewer = resting !== null;
    if (resting !== null) return;
    draw();
    resting = setTimeout(() => {
      resting = null;
      if (isNewer) drawSoon();
    }, FRAME_MS);
  }

  function report(news: News): void {
    if (news.kind !== 'frame') {
      become(withNews(state, news));
      return;
    }
    state = withNews(state, news);
    drawSoon();
  }

  function carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'quit':
        deps.quit();
        break;
      case 'suspend':
        deps.suspend();
        break;
      case 'open':
        open(effect.task);
        break;
      case 'close':
        detail?.abort();
        break;
      case 'hold':
        void hold();
        break;
      case 'release':
        void release();
        break;
      case 'change':
        void change(effect);
        break;
    }
  }

  function open(task: LiveTask): void {
    detail?.abort();
    detail = new AbortController();
    const { id } = task;
    let isReading = false;
    const readWhole = async (): Promise<void> => {
      if (isReading) return;
      isReading = true;
      await call<TaskView>(quiet, 'GET', taskPath(id))
        .then((whole) => report({ kind: 'whole', task: whole }))
        // The daemon restarts, or the task was removed: the next event reads again.
        .catch((error: unknown) => {
          if (!(error instanceof BabysitError)) throw error;
        });
      isReading = false;
    };
    void readWhole();
    const sink = {
      event(event: Extract<News, { kind: 'event' }>['event']) {
        report({ kind: 'event', id, event });
        void readWhole();
      },
      output: (text: string) => report({ kind: 'output', id, text }),
    };
    feedDetail(deps.session, task, sink, detail.signal);
  }

  const quiet = { ...deps.session, autostart: false };

  /** Reports an error of the daemon as a message. */
  async function attempt(what: string, work: () => Promise<string>): Promise<void> {
    try {
      report({ kind: 'message', text: `${what}: ${await work()}`, isError: false });
    } catch (error) {
      if (!(error instanceof BabysitError)) throw error;
      report({ kind: 'message', text: `${what}: ${error.message}. ${error.hint}`, isError: true });
    }
  }

  function hold(): Promise<void> {
    return attempt('hold', async () => {
      checkLever('hold', { flags: {}, positionals: [] }, () => deps.session.home, deps.env);
      const body: HoldBody = { all: true, by: callerName(deps.env) };
      const { held } = await call<HoldView>(quiet, 'POST', '/v1/hold', body);
      return `${held} tasks wait; h releases them`;
    });
  }

  function release(): Promise<void> {
    return attempt('release', async () => {
      checkLever('release', { flags: {}, positionals: [] }, () => deps.session.home, deps.env);
      const query = new URLSearchParams({ all: '1', by: callerName(deps.env) });
      const { released } = await call<ReleasedView>(quiet, 'DELETE', `/v1/hold?${query}`);
      return released === null ? 'nothing was held' : `${released.held} tasks waited`;
    });
  }

  function change({ verb, task, body }: Extract<Effect, { kind: 'change' }>): Promise<void> {
    const { name, id } = task;
    // A kill names its caller, so that the inbox of the owner can show it.
    const sent = verb === 'kill' ? { ...inboxScope(deps.env), ...body } : body;
    return attempt(`${verb} ${name}`, async () => {
      const { note } = await call<TaskView>(quiet, 'POST', taskPath(id, `/${verb}`), sent);
      return note ?? 'done';
    });
  }

  return {
    get: () => state,
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    press(key) {
      const { state: next, effects } = pressed(state, key);
      become(next);
      for (const effect of effects) carryOut(effect);
    },
    report,
    close() {
      detail?.abort();
      if (resting !== null) clearTimeout(resting);
    },
  };
}
