// What each owner has used; older use counts less. Fair share adds it to what the owner holds now.
import type { Declared, OwnerUseEntry, Use } from '../core/owner-use.ts';
import type { RunningItem } from './items.ts';
import { part } from './share.ts';
import type { Capacity } from './snapshot.ts';

export const DEFAULT_HALF_LIFE_MS = 86_400_000;
/** Bounds memory and the database: beyond this number the owner with the oldest entry counts as new. */
export const MAX_OWNERS = 10_000;

export class OwnerUse {
  /** 0: past use does not count. */
  readonly halfLifeMs: number;
  /** Ordered by the last change, oldest first. */
  readonly #entries = new Map<string, OwnerUseEntry>();

  constructor(halfLifeMs = DEFAULT_HALF_LIFE_MS) {
    this.halfLifeMs = halfLifeMs;
  }

  copy(): OwnerUse {
    const copy = new OwnerUse(this.halfLifeMs);
    for (const [owner, entry] of this.#entries) copy.#entries.set(owner, entry);
    return copy;
  }

  get(owner: string): OwnerUseEntry | undefined {
    return this.#entries.get(owner);
  }

  /** Undefined removes the entry. */
  put(owner: string, entry: OwnerUseEntry | undefined): void {
    this.#entries.delete(owner);
    if (entry === undefined) return;
    this.#entries.set(owner, entry);
    if (this.#entries.size <= MAX_OWNERS) return;
    const [oldest = owner] = this.#entries.keys();
    this.#entries.delete(oldest);
  }

  /** Adds a use and returns the new entry. `more`: the same attempt as declared and as measured. */
  add(owner: string, use: Use, nowMs: number, more: Declared = NOTHING_DECLARED): OwnerUseEntry {
    const before = this.#decayed(owner, nowMs);
    const entry = {
      owner,
      ...sumOf(before, use),
      declared: sumOf(before.declared, more.declared),
      measured: sumOf(before.measured, more.measured),
      atMs: nowMs,
    };
    this.put(owner, entry);
    return entry;
  }

  /**
   * The dominant part of the capacity that the owner used, 0..1: its decayed use, and what its running tasks (`running`)
   * used so far, divided by what a full host accumulates: capacity x half-life / ln 2, the integral of 2^(-t / half-life).
   */
  share(owner: string, running: Use, capacity: Capacity, nowMs: number): number {
    if (this.halfLifeMs === 0) return 0;
    const { cpuCoreMs, memByteMs } = this.#decayed(owner, nowMs);
    const fullMs = this.halfLifeMs / Math.LN2;
    return Math.max(
      part(cpuCoreMs + running.cpuCoreMs, capacity.cpuLimitCores * fullMs),
      part(memByteMs + running.memByteMs, capacity.memLimitBytes * fullMs),
    );
  }

  /** How the owner keeps its estimates. */
  declared(owner: string, nowMs: number): Declared {
    return this.#decayed(owner, nowMs);
  }

  #decayed(owner: string, nowMs: number): Use & Declared {
    const entry = this.#entries.get(owner);
    if (entry === undefined || this.halfLifeMs === 0) return { ...NO_USE, ...NOTHING_DECLARED };
    // An entry of the future: the clock was set back. It decays from now on.
    if (entry.atMs > nowMs) this.#entries.set(owner, { ...entry, atMs: nowMs });
    const factor = 2 ** (-Math.max(0, nowMs - entry.atMs) / this.halfLifeMs);
    return {
      ...times(factor, entry),
      declared: times(factor, entry.declared),
      measured: times(factor, entry.measured),
    };
  }
}

export const NO_USE: Use = { cpuCoreMs: 0, memByteMs: 0 };
const NOTHING_DECLARED: Declared = { declared: NO_USE, measured: NO_USE };

function sumOf(a: Use, b: Use): Use {
  return { cpuCoreMs: a.cpuCoreMs + b.cpuCoreMs, memByteMs: a.memByteMs + b.memByteMs };
}

function times(factor: number, { cpuCoreMs, memByteMs }: Use): Use {
  return { cpuCoreMs: factor * cpuCoreMs, memByteMs: factor * memByteMs };
}

/**
 * What an attempt used: the larger of reserved and measured, so that neither a too small nor a too large estimate gains.
 * The kill timeout bounds the time, so that a jump of the clock does not count as use.
 */
export function useOf(
  { need, killTimeoutMs, pausedMs }: Pick<RunningItem, 'need' | 'killTimeoutMs' | 'pausedMs'>,
  tookMs: number,
  measured: { readonly cpuCoreMs: number; readonly peakMemBytes: number },
): Use {
  const heldMs = Math.min(Math.max(0, tookMs), killTimeoutMs + pausedMs);
  return {
    cpuCoreMs: Math.max(need.cpuCores * heldMs, measured.cpuCoreMs),
    memByteMs: Math.max(need.memBytes, measured.peakMemBytes) * heldMs,
  };
}

/** Of a running task. Its CPU time is not measured here. */
export function useSoFar(item: RunningItem, nowMs: number): Use {
  return useOf(item, nowMs - item.startedAtMs, { cpuCoreMs: 0, peakMemBytes: item.liveMemBytes });
}

/** What an attempt declared and what it used while it ran; a dimension that was not measured shows nothing. */
export function declaredOf(
  { need, killTimeoutMs }: Pick<RunningItem, 'need' | 'killTimeoutMs'>,
  ranMs: number,
  measured: { readonly meanCores: number | null; readonly peakMemBytes: number | null },
): Declared {
  const forMs = Math.min(Math.max(0, ranMs), killTimeoutMs);
  const { meanCores, peakMemBytes } = measured;
  return {
    declared: {
      cpuCoreMs: meanCores === null ? 0 : need.cpuCores * forMs,
      memByteMs: peakMemBytes === null ? 0 : need.memBytes * forMs,
    },
    measured: { cpuCoreMs: (meanCores ?? 0) * forMs, memByteMs: (peakMemBytes ?? 0) * forMs },
  };
}
