// The time that one turn of the event loop may take: work in proportion to clients, tasks or requests is done in slices, and
// between two of them the daemon answers others.
export const SLICE_MS = 8;

/** Returns whether the slice that begins now is over. `monoMs`: the monotonic clock. */
export function beginSlice(monoMs: () => number): () => boolean {
  const endMs = monoMs() + SLICE_MS;
  return () => monoMs() >= endMs;
}
