// Collects evidence about a task before the watchdog kills it: its processes and the end of its log.
import type { Now } from '../../core/clock.ts';
import type { Exit, Task } from '../../core/task.ts';
import { logTouchedAt } from '../../logs/read.ts';
import { tailText } from '../../logs/tail.ts';
import { readProcessState } from '../../procfs/process/process-state.ts';
import { readWaitingProcesses } from '../../procfs/process/stall-evidence.ts';
import { isDead } from '../../procfs/process/stat.ts';
import { lastLineOf } from '../../watchdog/repetition.ts';
import { type StallEvidence, silenceOf } from '../../watchdog/stall.ts';
import type { Outlived, WatchState } from '../../watchdog/state.ts';
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
    // Hundreds of tasks may fall silent at once. `usage` has looked for processes outside of the group.
    processes: readWaitingProcesses(live.group.pids(Number.POSITIVE_INFINITY)),
    ...(stdin === 'pipe' || stdin === 'terminal' ? { sendTo: name } : {}),
    lastLine,
    lastLineAgeMs: lastLine === null || touchedAt === null ? null : Math.max(0, wallMs - touchedAt),
  };
}

const NAMED = 5;
const NAME_CHARS = 40;

/** The processes that a command has left behind. `pids`: all processes of the task. Times in epoch ms. */
export function outlivedBy(
  { code, signal, at }: Exit,
  startedAt: number,
  pids: readonly number[],
  nowMs: number,
): Outlived {
  const processes = pids.slice(0, NAMED).flatMap((pid) => {
    const process = readProcessState(pid);
    return process === null || isDead(process) ? [] : [{ pid, name: process.name.slice(0, NAME_CHARS) }];
  });
  return {
    exitCode: code,
    signal,
    mainRanMs: Math.max(0, at - startedAt),
    sinceMs: processes.length === 0 ? 0 : Math.max(0, nowMs - at),
    processes,
    count: pids.length,
  };
}
