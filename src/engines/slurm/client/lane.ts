// Runs commands of one kind, a few at a time. When the engine does not answer, the waiting ones fail with the one that found out.
import { BabysitError } from '../../../core/errors.ts';

export interface Lane {
  run<T>(work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  start(): void;
  fail(error: BabysitError): void;
}

export function openLane(atOnce: number): Lane {
  let running = 0;
  let waiting: Waiting[] = [];
  const next = () => {
    while (running < atOnce) {
      const first = waiting.shift();
      if (first === undefined) return;
      running += 1;
      first.start();
    }
  };
  /** Each would wait for its own time limit: a thousand of them for hours. */
  const failWaiting = (error: BabysitError) => {
    const failed = waiting;
    waiting = [];
    for (const each of failed) each.fail(error);
  };
  return {
    run<T>(work: () => Promise<T>): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const settled = () => {
        running -= 1;
        next();
      };
      const start = () =>
        void work()
          .then(resolve, (error: unknown) => {
            reject(error);
            if (error instanceof BabysitError && error.code === 'engine_unreachable') failWaiting(error);
          })
          .finally(settled);
      waiting.push({ start, fail: reject });
      next();
      return promise;
    },
  };
}
