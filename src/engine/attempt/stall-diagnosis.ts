// Collects evidence about a silent task before the watchdog kills it: its processes and the end of its log.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Now } from '../../core/clock.ts';
import { readWaitingProcesses } from '../../host/stall-evidence.ts';
import { logTouchedAt } from '../../logs/read.ts';
import { lastLineOf } from '../../watchdog/repetition.ts';
import type { StallEvidence } from '../../watchdog/stall.ts';
import type { WatchState } from '../../watchdog/state.ts';
import type { LiveAttempt } from './live-attempt.ts';

const TAIL_BYTES = 4096;

export function stallEvidence(live: LiveAttempt, { cpu, io }: WatchState, { wallMs }: Now): StallEvidence {
  const touchedAt = logTouchedAt(live.paths.log);
  const lastLine = lastLineOf(tailOf(live.paths.log));
  return {
    cpuCores: cpu.cores,
    ioBytesPerS: io.bytesPerS,
    processes: readWaitingProcesses(live.group.pids()),
    lastLine,
    lastLineAgeMs: lastLine === null || touchedAt === null ? null : Math.max(0, wallMs - touchedAt),
  };
}

/** Empty when there is no log to be read. */
function tailOf(path: string): string {
  try {
    const fd = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(TAIL_BYTES);
      const from = Math.max(0, fstatSync(fd).size - TAIL_BYTES);
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, TAIL_BYTES, from));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
