// Work that may pause between two steps, so that the daemon serves others there. It computes the same with and without pauses.

export type Steps<T> = Generator<void, T, void>;

/** Without a pause. */
export function allSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
