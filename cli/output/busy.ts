// Shows that a request takes longer than a second: a bar, with the share that is done where it is known.
import { cutText } from '../../src/text/width.ts';
import type { Session } from '../client/session.ts';
import { humanDuration } from './human.ts';
import type { Output } from './output.ts';
import { columnsOf } from './status-line.ts';
import { bar } from './style.ts';

const AFTER_MS = 1000;
const DRAW_MS = 250;
const WIDTH = 20;
const BLOCK = 4;
const CLEAR = '\r\x1b[K';

/** `share` from 0 to 1; null: not known. Draws nothing unless stderr is a terminal that can redraw a line. */
export async function whileBusy<T>(
  { output, session }: { readonly output: Output; readonly session: Session },
  what: string,
  work: () => Promise<T>,
  share: () => number | null = () => null,
): Promise<T> {
  if (output.jsonMessages || session.env.TERM === 'dumb') return work();
  let ticks = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    const done = share();
    const shown = done === null ? movingBar(ticks) : bar(done, WIDTH);
    const percent = done === null ? '' : ` ${Math.floor(100 * done)}%`;
    const line = `${what} [${shown}]${percent} ${humanDuration(AFTER_MS + ticks * DRAW_MS)}`;
    // A line that wraps cannot be cleared.
    output.message(`${CLEAR}${cutText(line, columnsOf(session.env) - 1)}`);
    ticks += 1;
    timer = setTimeout(draw, DRAW_MS);
  };
  timer = setTimeout(draw, AFTER_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    if (ticks > 0) output.message(CLEAR);
  }
}

function movingBar(ticks: number): string {
  const place = ticks % (WIDTH - BLOCK + 1);
  return `${'-'.repeat(place)}${'#'.repeat(BLOCK)}${'-'.repeat(WIDTH - BLOCK - place)}`;
}
