// What an owner has used, as the scheduler counts it and the database stores it.

/** Core-milliseconds and byte-milliseconds. */
export interface Use {
  readonly cpuCoreMs: number;
  readonly memByteMs: number;
}

/** The use of one owner, decayed to `atMs` (epoch ms). */
export interface OwnerUseEntry extends Use {
  readonly owner: string;
  readonly atMs: number;
}
