// The progress in one line of output or of the progress file.

/** A field that the line does not mention is absent. */
export interface Reading {
  readonly count?: Count;
  readonly phase?: string | null;
  readonly failed?: number | null;
  /** Milliseconds from the time of the line to the end. */
  readonly etaMs?: number | null;
  readonly note?: string | null;
}

/** Progress as items, or only as a fraction of the whole, 0..1. */
export interface Count {
  readonly done: number | null;
  readonly total: number | null;
  readonly fraction: number | null;
}

const TEXT_CHARS = 80;

/** Without `fraction`, it is done / total. */
export function countOf(done: number | null, total: number | null, fraction: number | null = null): Count {
  const ofItems = done === null || total === null || total === 0 ? null : done / total;
  const share = fraction ?? ofItems;
  return { done, total, fraction: share === null ? null : Math.min(1, Math.max(0, share)) };
}

/** One line without control characters, cut to 80 characters; null when nothing is left. */
export function shortText(text: string): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line === '' ? null : line.slice(0, TEXT_CHARS);
}
