// Holds the state of the screen, and carries out the effects of keys.
import type { HoldBody, HoldView, ReleasedView } from '../../src/api/schemas/hold.ts';
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

  function become(next: State): void {
    if (next === state) return;
    state = next;
    for (const changed of listeners) changed();
  }

  const report = (news: News): void => become(withNews(state, news));

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

  function open(task: TaskView): void {
    detail?.abort();
    detail = new AbortController();
    const { id } = task;
    const sink = {
      event: (event: Extract<News, { kind: 'event' }>['event']) => report({ kind: 'event', id, event }),
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
    close: () => detail?.abort(),
  };
}
