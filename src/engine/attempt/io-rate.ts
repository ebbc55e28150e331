// The bytes that a task reads and writes per second, from two counts of its processes.
import type { IoCount } from '../../procfs/process/member-counters.ts';

export interface IoBytesPerS {
  readonly readBytesPerS: number;
  readonly writeBytesPerS: number;
}

export class IoRate {
  #last: { readonly io: IoCount; readonly monoMs: number } | null = null;
  #bytesPerS: IoBytesPerS | null = null;

  /** Between the last two counts. Null until then, and where no process could be read. */
  get bytesPerS(): IoBytesPerS | null {
    return this.#bytesPerS;
  }

  /** `io`: all bytes so far. */
  count(io: IoCount | null, monoMs: number): void {
    if (io === null) return;
    const last = this.#last;
    if (last !== null && monoMs > last.monoMs) {
      const perS = (now: number, before: number) =>
        (1000 * Math.max(0, now - before)) / (monoMs - last.monoMs);
      this.#bytesPerS = {
        readBytesPerS: perS(io.readBytes, last.io.readBytes),
        writeBytesPerS: perS(io.writtenBytes, last.io.writtenBytes),
      };
    }
    this.#last = { io, monoMs };
  }
}
