// The closer look at a silent task, once before its silence becomes a kill: its processes and the end of its log.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Now } from '../core/clock.ts';
import { logTouchedAt } from '../exec/log-file.ts';
import { readWaitingProcesses } from '../procfs/stall-evidence.ts';
import type { WatchMemory } from '../watchdog/memory.ts';
import { lastLineOf } from '../watchdog/progress.ts';
import type { StallEvidence } from '../watchdog/stall.ts';
import type { LiveAttempt } from './attempt.ts';

const TAIL_BYTES = 4096;

export function stallEvidence(live: LiveAttempt, { cpu, io }: WatchMemory, { wallMs }: Now): StallEvidence {
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
