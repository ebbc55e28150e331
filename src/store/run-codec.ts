// Packs the runs of a key into 12 bytes each, so that 100 000 keys stay below 100 MB.
import type { RunSample } from '../estimates/run-sample.ts';

const RECORD_BYTES = 12;
const MIB = 1024 ** 2;
/** Used cores in hundredths, at most 655; the largest value means null. */
const CORE_STEPS = 100;
const NO_CORES = 65_535;
/** The flags are the lowest three bits of a word: the index of the kind of memory, and whether the time was cut. */
const KINDS = ['peak', 'cap', 'bound'] as const satisfies readonly RunSample['memKind'][];
const TIME_CUT = 4;
/** Declared cores in eighths are its other bits, at most 1023; 0 means null. */
const DECLARED_STEPS = 8;
const DECLARED_MAX = 8191;

/** Little endian: time in seconds (f32), memory in MiB (f32, NaN for null), used cores (u16), declared cores and flags (u16). */
export function packRuns(runs: readonly RunSample[]): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES * runs.length);
  const view = new DataView(bytes.buffer);
  for (const [index, run] of runs.entries()) {
    const at = RECORD_BYTES * index;
    const { timeMs, isTimeCut, memBytes, memKind, cpuCores, declaredCores } = run;
    const cores = cpuCores === null ? NO_CORES : Math.min(NO_CORES - 1, Math.round(CORE_STEPS * cpuCores));
    const eighths = Math.round(DECLARED_STEPS * (declaredCores ?? 0));
    const declared = declaredCores === null ? 0 : Math.max(1, Math.min(DECLARED_MAX, eighths));
    view.setFloat32(at, timeMs / 1000, true);
    view.setFloat32(at + 4, memBytes === null ? Number.NaN : memBytes / MIB, true);
    view.setUint16(at + 8, cores, true);
    view.setUint16(at + 10, (declared << 3) | (isTimeCut ? TIME_CUT : 0) | KINDS.indexOf(memKind), true);
  }
  return bytes;
}

/** Ignores an incomplete record. */
export function unpackRuns(bytes: Uint8Array): RunSample[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.byteLength / RECORD_BYTES) }, (_, index): RunSample => {
    const at = RECORD_BYTES * index;
    const memory = view.getFloat32(at + 4, true);
    const cores = view.getUint16(at + 8, true);
    const flags = view.getUint16(at + 10, true);
    const declared = flags >> 3;
    return {
      timeMs: Math.max(1, Math.round(1000 * view.getFloat32(at, true))),
      isTimeCut: (flags & TIME_CUT) !== 0,
      memBytes: Number.isNaN(memory) ? null : Math.round(MIB * memory),
      memKind: KINDS[flags & 3] ?? 'bound',
      cpuCores: cores === NO_CORES ? null : cores / CORE_STEPS,
      declaredCores: declared === 0 ? null : declared / DECLARED_STEPS,
    };
  });
}
