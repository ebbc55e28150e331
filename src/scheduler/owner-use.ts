// What each owner has used; older use counts less. Fair share adds it to what the owner holds now.
import type { OwnerUseEntry, Use } from '../core/owner-use.ts';
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

  /** Adds a use and returns the new entry. */
  add(owner: string, use: Use, nowMs: number): OwnerUseEntry {
    const before = this.#decayed(owner, nowMs);
    const entry = {
      owner,
      cpuCoreMs: before.cpuCoreMs + use.cpuCoreMs,
      memByteMs: before.memByteMs + use.memByteMs,
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

  #decayed(owner: string, nowMs: number): Use {
    const entry = this.#entries.get(owner);
    if (entry === undefined || this.halfLifeMs === 0) return NO_USE;
    // An entry of the future: the clock was set back. It decays from now on.
    if (entry.atMs > nowMs) this.#entries.set(owner, { ...entry, atMs: nowMs });
    const factor = 2 ** (-Math.max(0, nowMs - entry.atMs) / this.halfLifeMs);
    return { cpuCoreMs: entry.cpuCoreMs * factor, memByteMs: entry.memByteMs * factor };
  }
}

export const NO_USE: Use = { cpuCoreMs: 0, memByteMs: 0 };

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
