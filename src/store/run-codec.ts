// Packs the runs of a key into 16 bytes each, so that 100 000 keys stay below 100 MB.
import type { RunSample } from '../estimates/run-sample.ts';

const RECORD_BYTES = 16;
const MIB = 1024 ** 2;
const KINDS = ['peak', 'cap', 'bound'] as const satisfies readonly RunSample['memKind'][];
/** Bits of the flags. Bits 0 and 1: the index of the kind of memory. */
const TIME_CUT = 4;
/** Cores in hundredths, at most 655; 0 means null. */
const CORE_STEPS = 100;
const U16_MAX = 65_535;

/**
 * Little endian: time in seconds (f32), memory in MiB (f32, NaN for null), used cores (f32, NaN for null), declared cores in
 * hundredths (u16), flags (u8), one byte free. A float keeps seven digits.
 */
export function packRuns(runs: readonly RunSample[]): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES * runs.length);
  const view = new DataView(bytes.buffer);
  for (const [index, run] of runs.entries()) {
    const at = RECORD_BYTES * index;
    view.setFloat32(at, run.timeMs / 1000, true);
    view.setFloat32(at + 4, run.memBytes === null ? Number.NaN : run.memBytes / MIB, true);
    view.setFloat32(at + 8, run.cpuCores ?? Number.NaN, true);
    view.setUint16(at + 12, Math.min(U16_MAX, Math.round(CORE_STEPS * (run.declaredCores ?? 0))), true);
    view.setUint8(at + 14, KINDS.indexOf(run.memKind) | (run.isTimeCut ? TIME_CUT : 0));
  }
  return bytes;
}

/** Ignores an incomplete record. */
export function unpackRuns(bytes: Uint8Array): RunSample[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.byteLength / RECORD_BYTES) }, (_, index): RunSample => {
    const at = RECORD_BYTES * index;
    const memory = view.getFloat32(at + 4, true);
    const cores = view.getFloat32(at + 8, true);
    const declared = view.getUint16(at + 12, true);
    const flags = view.getUint8(at + 14);
    return {
      timeMs: 1000 * view.getFloat32(at, true),
      isTimeCut: (flags & TIME_CUT) !== 0,
      memBytes: Number.isNaN(memory) ? null : MIB * memory,
      memKind: KINDS[flags & 3] ?? 'bound',
      cpuCores: Number.isNaN(cores) ? null : cores,
      declaredCores: declared === 0 ? null : declared / CORE_STEPS,
    };
  });
}
