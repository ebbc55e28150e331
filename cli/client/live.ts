// Reads the frames that the daemon pushes after each sampling pass and each change, across restarts of the daemon.
import type { FrameView } from '../../src/api/schemas/observe/live.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import type { Ref } from '../input/refs.ts';
import { lineReader } from './follow.ts';
import { SocketError, send } from './http.ts';
import { Reconnection } from './reconnection.ts';
import { ANSWER_MS, type Session, throwUnlessStopping } from './session.ts';

/** Returns after `signal`. Throws BabysitError when no daemon can be expected. */
export async function followFrames(
  session: Session,
  onFrame: (frame: FrameView) => void,
  signal: AbortSignal,
): Promise<void> {
  const reconnection = new Reconnection(session);
  while (!signal.aborted) {
    const onData = lineReader((line) => {
      const news = JSON.parse(line) as FrameView | { readonly event: 'daemon_stopping' };
      reconnection.connected();
      if (news.event === 'frame') onFrame(news);
      else reconnection.stopping();
    });
    try {
      const request = { method: 'GET', path: '/v1/live', timeoutMs: ANSWER_MS, onData, signal } as const;
      throwUnlessStopping(await send(session.home.socket, request));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof SocketError)) throw error;
      await reconnection.lost(error, { method: 'GET' });
    }
    await reconnection.pause();
  }
}

/** The task of a frame that a reference means; undefined: it is not among those that the frame shows. */
export function taskIn(frame: FrameView, { text, project }: Ref): TaskView | undefined {
  const tasks = [...frame.running, ...frame.pending, ...frame.ended];
  const isNamed = (task: TaskView) => task.name === text && (project === null || task.project === project);
  return (
    tasks.find(({ id }) => id === text) ?? tasks.find(isNamed) ?? tasks.find(({ id }) => id.startsWith(text))
  );
}

/** Changes when a task begins, ends, or waits for something else; not with use and time. */
export function stateOf({ status, running, pending, ended, hold }: FrameView): string {
  const states = [...running, ...pending].map(({ id, status: now, attempt, waiting, held_at }) =>
    [id, now, attempt, held_at, waiting?.dim, waiting?.position, waiting?.expected_start].join(' '),
  );
  return [status.tasks.pending, hold?.until, ended[0]?.id, ended[0]?.attempt, ...states].join('\n');
}
