// Explains why a need does not fit now: dimension, shortage, holders of the room, expected start.
import type { StartHold } from '../core/host/start-hold.ts';
import { roundCores } from '../units/number.ts';
import type { StartForecast } from './forecast.ts';
import type { PendingItem } from './items.ts';
import { chargedNeed, type Room, type RoomDim } from './ledger.ts';
import type { Snapshot } from './snapshot.ts';

export interface Blocked {
  /**
   * `reservation`: it fits, but would delay an item with a reservation. `profile`: it is above the whole capacity, and only
   * another profile gives enough. `hold`: a person holds its start.
   */
  readonly dim: RoomDim | 'reservation' | 'profile' | 'hold';
  /** Bytes, cores or slots, by `dim`. */
  readonly requested: number;
  readonly available: number;
  readonly limit: number;
  readonly shortBy: number;
  /** What it is charged for `requested`, where that is more, see `priceOf`. */
  readonly charged: number | null;
  /** What is charged for programs outside of the tasks. 0 for dimensions other than memory and CPU. */
  readonly outside: number;
  /** Task names, or `lease <id>`; for `profile` its name. */
  readonly blockedBy: readonly string[];
  /** The owners of those, each once. */
  readonly owners: readonly string[];
  readonly start: StartForecast;
  /** Only with `dim: hold`. */
  readonly hold?: StartHold;
  /** Position in the queue, from 1. Null for an item that is further back than the plan. */
  readonly position: number | null;
}

/** Without the programs outside there would be room. */
export function holdsRoom({ outside, shortBy }: Pick<Blocked, 'outside' | 'shortBy'>): boolean {
  return outside > 0 && shortBy > 0 && outside >= shortBy;
}

interface Figures extends Pick<Blocked, 'available' | 'limit'> {
  readonly charged: number;
  readonly requested?: number | undefined;
  readonly outside?: number;
}

export const NAMES_SHOWN = 5;

/** A holder of room, or an item ahead in the queue. */
export interface Blocker {
  readonly name: string;
  readonly owner: string;
}

export class Explanation {
  readonly #snapshot: Snapshot;
  readonly #room: Room;
  readonly #waiting: readonly Blocker[];
  /** Cached by dimension and number of waiting items shown. */
  readonly #blockers = new Map<string, Pick<Blocked, 'blockedBy' | 'owners'>>();

  /** `room`: the room the waiting items see; `waiting`: the items themselves, in order. */
  constructor(snapshot: Snapshot, room: Room, waiting: readonly Blocker[]) {
    this.#snapshot = snapshot;
    this.#room = room;
    this.#waiting = waiting.slice(0, NAMES_SHOWN);
  }

  /** `ahead`: how many waiting items, from the first on, are before this one. */
  of(
    item: Pick<PendingItem, 'need' | 'declared'>,
    dim: RoomDim | 'reservation',
    position: number | null,
    start: StartForecast,
    ahead = (position ?? NAMES_SHOWN + 1) - 1,
  ): Blocked {
    const { charged, available, limit, outside = 0, requested = charged } = this.#figures(item, dim);
    const shortBy = Math.max(0, charged - available);
    return {
      ...{
        dim,
        requested,
        available,
        limit,
        shortBy,
        charged: charged > requested ? charged : null,
        outside,
      },
      ...this.#blockedBy(dim, ahead),
      ...{ start, position },
    };
  }

  #figures(
    { need, declared }: Pick<PendingItem, 'need' | 'declared'>,
    dim: RoomDim | 'reservation',
  ): Figures {
    const { capacity, outsideMemBytes, outsideCpuCores } = this.#snapshot;
    const room = this.#room;
    switch (dim) {
      case 'mem':
        return {
          charged: need.memBytes,
          requested: declared?.memBytes,
          available: Math.max(0, room.memBytes),
          limit: capacity.memLimitBytes,
          outside: outsideMemBytes,
        };
      case 'cpu':
        return {
          charged: need.cpuCores,
          requested: declared?.cpuCores,
          available: Math.max(0, roundCores(room.cpuCores)),
          limit: capacity.cpuLimitCores,
          outside: outsideCpuCores,
        };
      case 'slots':
      case 'reservation':
        return { charged: 1, available: Math.max(0, room.slots), limit: capacity.maxRunning };
    }
  }

  /** The largest holders of the dimension, then the waiting items ahead. */
  #blockedBy(dim: RoomDim | 'reservation', ahead: number): Pick<Blocked, 'blockedBy' | 'owners'> {
    const shown = Math.min(ahead, this.#waiting.length);
    const key = `${dim} ${shown}`;
    const known = this.#blockers.get(key);
    if (known !== undefined) return known;
    const blockers = [...this.#holdersOf(dim), ...this.#waiting.slice(0, shown)].slice(0, NAMES_SHOWN);
    const found = {
      blockedBy: blockers.map(({ name }) => name),
      owners: [...new Set(blockers.map(({ owner }) => owner))],
    };
    this.#blockers.set(key, found);
    return found;
  }

  #holdersOf(dim: RoomDim | 'reservation'): readonly Blocker[] {
    if (dim === 'reservation') return [];
    const { running, leases } = this.#snapshot;
    const holders = [
      ...running.map((item) => ({ name: item.name, owner: item.owner, ...chargedNeed(item) })),
      ...leases.map(({ id, owner, need }) => ({ name: `lease ${id}`, owner, ...need })),
    ];
    if (dim === 'mem') holders.sort((a, b) => b.memBytes - a.memBytes);
    if (dim === 'cpu') holders.sort((a, b) => b.cpuCores - a.cpuCores);
    return holders.slice(0, NAMES_SHOWN);
  }
}
