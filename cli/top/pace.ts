// Decides when the next picture is drawn: a change within some time of the last picture waits, and shares one with others.

export interface Pace {
  /** At once when the last picture is `gapMs` old, else as soon as it is. */
  want(gapMs: number): void;
  stop(): void;
}

/** `clock`: monotonic ms. */
export function createPace(draw: () => void, clock: () => number = () => performance.now()): Pace {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let next: { readonly at: number; readonly timer: NodeJS.Timeout } | null = null;
  let isStopped = false;
  const stop = (): void => {
    if (next !== null) clearTimeout(next.timer);
    next = null;
  };
  const drawNow = (): void => {
    stop();
    drawnAt = clock();
    draw();
  };
  return {
    want(gapMs) {
      if (isStopped) return;
      const now = clock();
      const at = drawnAt + gapMs;
      if (at <= now) {
        drawNow();
        return;
      }
      if (next !== null && next.at <= at) return;
      stop();
      next = { at, timer: setTimeout(drawNow, at - now) };
    },
    stop() {
      isStopped = true;
      stop();
    },
  };
}
