// Holds the state of the screen, and carries out the effects of keys.
import type { HoldBody, HoldView, ReleasedView } from '../../src/api/schemas/hold.ts';
import type { LiveTask } from '../../src/api/schemas/observe/live.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { counted } from '../../src/core/counted.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { inboxScope } from '../client/inbox.ts';
import { call, type Session } from '../client/session.ts';
import { callerName } from '../input/caller.ts';
import { taskPath } from '../input/refs.ts';
import { checkLever } from '../levers.ts';
import { feedDetail } from './detail-feed.ts';
import { type Key, pressed } from './keys.ts';
import { type Effect, type News, type State, withNews } from './state.ts';

/** The least time between two pictures, by what changed. */
const FRAME_MS = 950;
const OUTPUT_MS = 200;
const CHANGE_MS = 50;

export interface Store {
  readonly get: () => State;
  press(key: Key): void;
  report(news: News): void;
  close(): void;
}

export interface StoreDeps {
  readonly session: Session;
  readonly env: NodeJS.ProcessEnv;
  /** Wants a picture of the state, `gapMs` after the last one at the earliest. */
  draw(gapMs: number): void;
  quit(): void;
  suspend(): void;
}

export function createStore(first: State, deps: StoreDeps): Store {
  let state = first;
  let detail: AbortController | null = null;

  /** A busy daemon sends several frames a second, and a command may print without a pause. */
  function gapOf({ kind }: News): number {
    return kind === 'frame' ? FRAME_MS : kind === 'output' || kind === 'event' ? OUTPUT_MS : CHANGE_MS;
  }

  function become(next: State, gapMs: number): void {
    if (next === state) return;
    state = next;
    deps.draw(gapMs);
  }

  function report(news: News): void {
    become(withNews(state, news), gapOf(news));
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
    let isStale = false;
    const readWhole = async (): Promise<void> => {
      // The answer on its way may be older than the event.
      isStale = true;
      if (isReading) return;
      isReading = true;
      while (isStale) {
        isStale = false;
        await call<TaskView>(quiet, 'GET', taskPath(id))
          .then((whole) => report({ kind: 'whole', task: whole }))
          // The daemon restarts, or the task was removed: the next event reads again.
          .catch((error: unknown) => {
            if (!(error instanceof BabysitError)) throw error;
          });
      }
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
      return `${counted(held, 'task')} held; h releases the queue`;
    });
  }

  function release(): Promise<void> {
    return attempt('release', async () => {
      checkLever('release', { flags: {}, positionals: [] }, () => deps.session.home, deps.env);
      const query = new URLSearchParams({ all: '1', by: callerName(deps.env) });
      const { released } = await call<ReleasedView>(quiet, 'DELETE', `/v1/hold?${query}`);
      return released === null ? 'nothing was held' : `${counted(released.held, 'task')} released`;
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
    press(key) {
      const { state: next, effects } = pressed(state, key);
      become(next, CHANGE_MS);
      for (const effect of effects) carryOut(effect);
    },
    report,
    close() {
      detail?.abort();
    },
  };
}
