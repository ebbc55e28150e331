// --watch: shows a view again whenever the daemon reports a change, until the user stops it. It never asks by the clock.
import type { Frame } from './client/frames.ts';
import { followFrames, stateOf } from './client/live.ts';
import type { Context } from './command.ts';
import { untilReaderGone } from './output/reader-gone.ts';

/** `hasChanged`: a task began, ended or waits for something else; otherwise only use and time are new. */
type Show = (frame: Frame, hasChanged: boolean) => Promise<'more' | 'done'>;

/** One `show` at a time; of the frames that come while it runs the last one follows. Resolves when `show` is done. */
export async function watch({ output, session }: Context, show: Show): Promise<void> {
  const abort = new AbortController();
  let state = '';
  let next: Frame | null = null;
  let isShowing = false;
  let finish: (error?: unknown) => void = () => {};
  const finished = new Promise<void>((resolve, reject) => {
    finish = (error) => (error === undefined ? resolve() : reject(error));
  });
  const take = async (): Promise<void> => {
    while (next !== null) {
      const frame: Frame = next;
      next = null;
      const now = stateOf(frame);
      const hasChanged = now !== state;
      state = now;
      if ((await show(frame, hasChanged)) === 'done') finish();
    }
    isShowing = false;
  };
  let said = '';
  const onLost = (why: string): void => {
    if (why !== said) output.notify({ event: 'disconnected', reason: why }, () => `babysit: ${why}\n`);
    said = why;
  };
  const onFrame = (frame: Frame): void => {
    said = '';
    next = frame;
    if (isShowing) return;
    isShowing = true;
    take().catch(finish);
  };
  try {
    await Promise.race([
      followFrames(session, { frame: onFrame, lost: onLost }, abort.signal),
      finished,
      untilReaderGone(),
    ]);
  } finally {
    abort.abort();
  }
}
