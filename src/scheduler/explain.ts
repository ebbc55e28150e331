// Why a need does not fit now: dimension, shortage, who holds the room, and when it is expected to be free.
import { chargedMem, type Room, type RoomDim } from './ledger.ts';
import type { Need, Snapshot } from './snapshot.ts';

export interface Blocked {
  /** `turn`: it would fit, but would take the room that is promised to those before it. */
  readonly dim: RoomDim | 'reservation';
  /** Bytes, cores or tasks, by `dim`. */
  readonly requested: number;
  readonly available: number;
  readonly limit: number;
  readonly shortBy: number;
  /** Names, and `lease <id>` for room that is held for somebody. */
  readonly blockedBy: readonly string[];
  /** Epoch ms; null: by what is known now, never. */
  readonly earliestStartMs: number | null;
  /** In the order of those that wait, from 1. */
  readonly position: number;
}

export const NAMES_SHOWN = 5;

export class Explanation {
  readonly #snapshot: Snapshot;
  readonly #room: Room;
  /** In order. */
  readonly #waiting: readonly string[];
  /** By dimension and number of those ahead. */
  readonly #blockers = new Map<string, readonly string[]>();

  /** `room` is what those that wait see, `waiting` the names of the first of them, in order. */
  constructor(snapshot: Snapshot, room: Room, waiting: readonly string[]) {
    this.#snapshot = snapshot;
    this.#room = room;
    this.#waiting = waiting.slice(0, NAMES_SHOWN);
  }

  /** `ahead`: how many of those that wait are in the way, from the first on. */
  of(
    need: Need,
    dim: Blocked['dim'],
    position: number,
    earliestStartMs: number | null,
    ahead = position - 1,
  ): Blocked {
    const { requested, available, limit } = this.#figures(need, dim);
    const shortBy = Math.max(0, requested - available);
    const blockedBy = this.#blockedBy(dim, ahead);
    return { dim, requested, available, limit, shortBy, blockedBy, earliestStartMs, position };
  }

  #figures(need: Need, dim: Blocked['dim']): Pick<Blocked, 'requested' | 'available' | 'limit'> {
    const { capacity } = this.#snapshot;
    const room = this.#room;
    switch (dim) {
      case 'mem':
        return {
          requested: need.memBytes,
          available: Math.max(0, room.memBytes),
          limit: capacity.memLimitBytes,
        };
      case 'cpu':
        return {
          requested: need.cpuCores,
          available: Math.max(0, roundCores(room.cpuCores)),
          limit: capacity.cpuLimitCores,
        };
      case 'slots':
      case 'reservation':
        return { requested: 1, available: Math.max(0, room.slots), limit: capacity.maxRunning };
    }
  }

  /** Who holds most of the dimension, then those that wait in front. */
  #blockedBy(dim: Blocked['dim'], ahead: number): readonly string[] {
    const shown = Math.min(ahead, this.#waiting.length);
    const key = `${dim} ${shown}`;
    const known = this.#blockers.get(key);
    if (known !== undefined) return known;
    const blockers = [...this.#holdersOf(dim), ...this.#waiting.slice(0, shown)].slice(0, NAMES_SHOWN);
    this.#blockers.set(key, blockers);
    return blockers;
  }

  #holdersOf(dim: Blocked['dim']): string[] {
    if (dim === 'reservation') return [];
    const { running, leases } = this.#snapshot;
    const holders = [
      ...running.map((item) => ({
        name: item.name,
        memBytes: chargedMem(item),
        cpuCores: item.need.cpuCores,
      })),
      ...leases.map(({ id, need }) => ({ name: `lease ${id}`, ...need })),
    ];
    if (dim === 'mem') holders.sort((a, b) => b.memBytes - a.memBytes);
    if (dim === 'cpu') holders.sort((a, b) => b.cpuCores - a.cpuCores);
    return holders.slice(0, NAMES_SHOWN).map(({ name }) => name);
  }
}

function roundCores(cores: number): number {
  return Math.round(cores * 1000) / 1000;
}
