// Runs babysit top: connects the stream of the daemon, the keys and the screen, and leaves the terminal as it was.
import { render } from 'ink';
import { createElement } from 'react';
import type { Frame } from '../client/frames.ts';
import { followFrames } from '../client/live.ts';
import type { Session } from '../client/session.ts';
import { App, type AppProps } from './app.ts';
import { glyphsFor } from './glyphs.ts';
import { readHistory } from './host-history.ts';
import { firstState } from './state.ts';
import { createStore } from './store.ts';

/** More frames a second do not help a reader, and cost CPU time on a slow line. */
const MAX_FPS = 10;

/** Both standard input and output are a terminal. Throws what ended the stream of the daemon. */
export async function runTop(caller: Session, env: NodeJS.ProcessEnv): Promise<void> {
  const { stdout } = process;
  const size = { columns: stdout.columns || 80, rows: stdout.rows || 24 };
  const ended = new AbortController();
  let leave: Parameters<AppProps['onReady']>[0] | null = null;
  const suspend = (): void => void leave?.suspend(stopped);
  // A message on standard error would be drawn over.
  const session: Session = {
    ...caller,
    onStarted: (pid, warning) =>
      store.report({ kind: 'message', text: warning ?? `started the daemon (pid ${pid})`, isError: false }),
  };
  const store = createStore(firstState(size, glyphsFor(env)), {
    session,
    env,
    quit: () => app.unmount(),
    suspend,
  });
  const props: AppProps = {
    store,
    hasColor: !env.NO_COLOR,
    onReady: (screen) => {
      leave = screen;
    },
  };
  const app = render(createElement(App, props), {
    alternateScreen: true,
    incrementalRendering: true,
    exitOnCtrlC: false,
    interactive: true,
    maxFps: MAX_FPS,
  });
  const fail = (error: unknown): void =>
    app.unmount(error instanceof Error ? error : new Error(String(error)));
  process.on('SIGTSTP', suspend).on('uncaughtException', fail).on('unhandledRejection', fail);
  const sink = {
    frame: (frame: Frame) => store.report({ kind: 'frame', frame }),
    lost: (why: string) => store.report({ kind: 'lost', why }),
  };
  followFrames(session, sink, ended.signal).catch(fail);
  void readHistory(session).then((points) => store.report({ kind: 'history', points }), fail);
  try {
    await app.waitUntilExit();
  } finally {
    ended.abort();
    store.close();
    process.off('SIGTSTP', suspend).off('uncaughtException', fail).off('unhandledRejection', fail);
  }
}

/** Ink has given the terminal back. Returns when a shell continues the process. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGCONT', () => resolve());
    process.kill(process.pid, 'SIGSTOP');
  });
}
