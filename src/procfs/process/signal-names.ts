// The names of signals and their numbers. Node does not know the real-time signals of Linux.
import { constants } from 'node:os';

/** SIGRTMIN and SIGRTMAX of glibc and musl; both use 32 and 33 (musl also 34) for their threads. */
const REAL_TIME = { min: 34, max: 64 };
const REAL_TIME_NAME = /^SIGRTMIN(?:\+(\d{1,2}))?$/;

/** `SIGTERM`, `SIGRTMIN+3`; null for a number that is not a signal. */
export function signalName(number: number): string | null {
  for (const [name, value] of Object.entries(constants.signals)) if (value === number) return name;
  if (number === REAL_TIME.min) return 'SIGRTMIN';
  return number > REAL_TIME.min && number <= REAL_TIME.max ? `SIGRTMIN+${number - REAL_TIME.min}` : null;
}

export function signalNumber(name: string | null): number | null {
  const offset = REAL_TIME_NAME.exec(name ?? '');
  if (offset !== null) return REAL_TIME.min + Number(offset[1] ?? 0);
  return constants.signals[name as NodeJS.Signals] ?? null;
}
