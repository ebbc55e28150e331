// Collects evidence about a silent task before the watchdog kills it: its processes and the end of its log.
import type { Now } from '../../core/clock.ts';
import type { Task } from '../../core/task.ts';
import { logTouchedAt } from '../../logs/read.ts';
import { tailText } from '../../logs/tail.ts';
import { readWaitingProcesses } from '../../procfs/process/stall-evidence.ts';
import { lastLineOf } from '../../watchdog/repetition.ts';
import { type StallEvidence, silenceOf } from '../../watchdog/stall.ts';
import type { WatchState } from '../../watchdog/state.ts';
import type { LiveAttempt } from './live-attempt.ts';

const TAIL_BYTES = 4096;

export function stallEvidence(
  live: LiveAttempt,
  { name, execOptions }: Task,
  state: WatchState,
  { wallMs }: Now,
): StallEvidence {
  const stdin = execOptions.streams?.stdin;
  const { cpu, io } = state;
  const touchedAt = logTouchedAt(live.paths.log);
  const lastLine = lastLineOf(tailText(live.paths.log, TAIL_BYTES));
  return {
    ...silenceOf(state),
    cpuCores: cpu.cores,
    ioBytesPerS: io.bytesPerS,
    processes: readWaitingProcesses(live.group.pids()),
    ...(stdin === 'pipe' || stdin === 'terminal' ? { sendTo: name } : {}),
    lastLine,
    lastLineAgeMs: lastLine === null || touchedAt === null ? null : Math.max(0, wallMs - touchedAt),
  };
}
