// What an owner has used, as the scheduler counts it and the database stores it.

/** Core-milliseconds and byte-milliseconds. */
export interface Use {
  readonly cpuCoreMs: number;
  readonly memByteMs: number;
}

/** What measured attempts reserved by their estimates, and what they would have used unhindered. */
export interface Declared {
  readonly declared: Use;
  readonly measured: Use;
}

/** The use of one owner, decayed to `atMs` (epoch ms). */
export interface OwnerUseEntry extends Use, Declared {
  readonly owner: string;
  readonly atMs: number;
}
