// Keeps an answer within 400 bytes: agents pay for each byte that they read.
import type { HeldByView } from '../../../src/api/schemas/hold.ts';

export const SHORT_BYTES = 400;

/** Adds each part, in order, that still fits. */
export function fit<T extends object>(must: T, more: readonly Partial<T>[]): T {
  const view = { ...must };
  for (const part of more) if (isShort({ ...view, ...part })) Object.assign(view, part);
  return view;
}

export function isShort(view: object): boolean {
  return bytesOf(view) <= SHORT_BYTES;
}

export function bytesOf(view: object): number {
  return Buffer.byteLength(JSON.stringify(view));
}

const MARK = '… (--full)';

/** Cuts so many words from the end of `text` that `view`, which holds it, fits. */
export function cutToFit(text: string, view: object): string {
  const over = bytesOf(view) - SHORT_BYTES;
  if (over <= 0) return text;
  const kept = Math.max(0, Buffer.byteLength(text) - over - Buffer.byteLength(MARK));
  return `${Buffer.from(text)
    .toString('utf8', 0, kept)
    .replace(/\uFFFD+$/, '')
    .replace(/(?<=\S{8}.*)[ (]+\S{0,40}$/, '')}${MARK}`;
}

/** Leaves out fields without a value. */
export function compact(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}

/** What programs outside of babysit hold, with its unit in the name. */
export function outsideView({
  dim,
  outside,
}: {
  readonly dim?: unknown;
  readonly outside?: unknown;
}): object {
  if (outside === undefined || outside === null) return {};
  return dim === 'cpu' ? { outside_cpu_cores: outside } : { outside_mem_bytes: outside };
}

/** The hold in `viewWith(hold)`: without what it covers and the end of its reason when that has no room for them. */
export function fitHold(hold: HeldByView, viewWith: (hold: object) => object): object {
  if (isShort(viewWith(hold))) return hold;
  const { of: _, ...rest } = hold;
  return compact({ ...rest, reason: rest.reason && cutToFit(rest.reason, viewWith(rest)) });
}
