// Runs babysit top: connects the stream of the daemon, the keys and the screen, and leaves the terminal as it was.
import { render } from 'ink';
import { createElement } from 'react';
import type { Frame } from '../client/frames.ts';
import { followFrames } from '../client/live.ts';
import type { Session } from '../client/session.ts';
import { callerName } from '../input/caller.ts';
import { App, type AppProps } from './app.ts';
import { glyphsFor } from './glyphs.ts';
import { readHistory, readLooks } from './host-history.ts';
import { createPace } from './pace.ts';
import { painted } from './paint.ts';
import { Painter } from './painter.ts';
import { screen } from './screen.ts';
import { firstState } from './state.ts';
import { createStore } from './store.ts';

/** Both standard input and output are a terminal. Throws what ended the stream of the daemon. */
export async function runTop(caller: Session, env: NodeJS.ProcessEnv): Promise<void> {
  const { stdout } = process;
  // A serial line reports a size of 0.
  const size = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  const ended = new AbortController();
  const painter = new Painter((text) => stdout.write(text));
  let isAway = false;
  const pace = createPace(() => {
    if (!isAway) painter.paint(screen(store.get()).map((row) => painted(row, !env.NO_COLOR)));
  });
  let giveBack: Parameters<AppProps['onReady']>[0] = (work) => work();
  const suspend = (): void => {
    isAway = true;
    const back = (): void => {
      isAway = false;
      redraw();
    };
    giveBack(stopped).then(back, fail);
  };
  // A message on standard error would be drawn over.
  const session: Session = {
    ...caller,
    caller: callerName(env),
    onStarted: (pid, warning) =>
      store.report({ kind: 'message', text: warning ?? `started the daemon (pid ${pid})`, isError: false }),
  };
  const store = createStore(firstState(size(), glyphsFor(env)), {
    session,
    env,
    draw: (gapMs) => pace.want(gapMs),
    quit: () => leave(),
    suspend,
  });
  const props: AppProps = {
    onKey: (key) => store.press(key),
    onReady: (found) => {
      giveBack = found;
    },
  };
  const app = render(createElement(App, props), {
    alternateScreen: true,
    exitOnCtrlC: false,
    interactive: true,
  });
  // After the listener of Ink, which clears rows.
  const redraw = (): void => {
    painter.forget();
    store.report({ kind: 'resized', size: size() });
  };
  stdout.on('resize', redraw);
  redraw();
  // A picture after the end would be on the screen of the shell.
  const leave = (): void => {
    pace.stop();
    app.unmount();
  };
  // `unmount` takes no error.
  const failures: unknown[] = [];
  const fail = (error: unknown): void => {
    failures.push(error);
    leave();
  };
  process.on('SIGTSTP', suspend).on('uncaughtException', fail).on('unhandledRejection', fail);
  const sink = {
    frame: (frame: Frame) => store.report({ kind: 'frame', frame }),
    lost: (why: string) => store.report({ kind: 'lost', why }),
  };
  followFrames(session, sink, ended.signal).catch(fail);
  void readHistory(session).then((points) => store.report({ kind: 'history', points }), fail);
  void readLooks(session).then((points) => store.report({ kind: 'looks', points }), fail);
  try {
    await app.waitUntilExit();
    if (failures.length > 0) throw failures[0];
  } finally {
    ended.abort();
    store.close();
    stdout.off('resize', redraw);
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
