// Silence: the warning before the kill, and what the task is doing meanwhile as far as can be told from outside.
import type { TaskEvent } from '../core/events.ts';
import type { Limits } from '../core/task.ts';
import { formatSize } from '../units/size.ts';
import type { WatchState } from './state.ts';

export type StallRisk = Extract<TaskEvent, { readonly event: 'stall_risk' }>;

/** A stall is foretold at this part of the observability interval. */
export const STALL_RISK_AT = 0.8;

export interface ProcessEvidence {
  readonly pid: number;
  readonly name: string;
  /** The letter of proc(5): R running, S sleeping, D uninterruptible, T stopped, Z zombie. */
  readonly state: string;
  /** The kernel function it sleeps in; null: not told. */
  readonly wchan: string | null;
  /** It is in read(2) on a terminal, or on a stdin nobody of the task writes to. */
  readonly awaits: 'terminal' | 'pipe' | 'socket' | null;
}

export interface StallEvidence {
  /** Use at the last sample; null: not measured. */
  readonly cpuCores: number | null;
  readonly ioBytesPerS: number | null;
  readonly processes: readonly ProcessEvidence[];
  readonly lastLine: string | null;
  readonly lastLineAgeMs: number | null;
}

export interface StallDiagnosis {
  readonly kind: 'busy' | 'io' | 'stdin' | 'stopped' | 'idle' | 'unknown';
  /** Begins with the kind. */
  readonly text: string;
  readonly hint: string;
}

/** Below these a task is as good as idle: timers, keep-alives, one line of a log. */
const BUSY_CORES = 0.05;
const BUSY_IO_BYTES_PER_S = 64 * 1024;
/** Kernel functions in which a process sleeps for a time of its own choosing. */
const TIMER_WCHAN = /nanosleep/;
/** glibc fills 4 KiB before it writes into a pipe, and writes each line into a terminal. */
const BUFFERED =
  'block-buffered output (C and C++ programs print into a pipe only every 4 KB): run it with --pty, or under stdbuf -oL';

/** Null: no warning is due. */
export function stallRisk({ observabilityMs }: Limits, state: WatchState): StallRisk | null {
  if (observabilityMs === 0 || state.stallTold || state.silentMs <= STALL_RISK_AT * observabilityMs)
    return null;
  const { text, hint } = diagnoseStall({
    cpuCores: state.cpu.cores,
    ioBytesPerS: state.io.bytesPerS,
    processes: [],
  });
  return {
    event: 'stall_risk',
    silent_s: Math.round(state.silentMs / 1000),
    kill_in_s: Math.max(0, Math.round((observabilityMs - state.silentMs) / 1000)),
    diagnosis: text,
    last_line: null,
    last_line_age_s: null,
    hint,
  };
}

/** The warning with what a look at the processes and the log has shown. */
export function withEvidence(risk: StallRisk, evidence: StallEvidence): StallRisk {
  const { text, hint } = diagnoseStall(evidence);
  const { lastLine, lastLineAgeMs } = evidence;
  return {
    ...risk,
    diagnosis: text,
    hint,
    last_line: lastLine,
    last_line_age_s: lastLineAgeMs === null ? null : Math.round(lastLineAgeMs / 1000),
  };
}

export function diagnoseStall(
  evidence: Pick<StallEvidence, 'cpuCores' | 'ioBytesPerS' | 'processes'>,
): StallDiagnosis {
  const { cpuCores, ioBytesPerS, processes } = evidence;
  const living = processes.filter(({ state }) => state !== 'Z' && state !== 'X');
  if (cpuCores !== null && cpuCores > BUSY_CORES)
    return {
      kind: 'busy',
      text: `busy: using ${round2(cpuCores)} cores`,
      hint: `Print a line of progress, or raise --observability_interval; where it does print, it is ${BUFFERED}.`,
    };
  const reader = living.find(({ awaits }) => awaits !== null);
  if (reader !== undefined)
    return {
      kind: 'stdin',
      text: `stdin: ${who(reader)} waits for input from a ${reader.awaits}`,
      hint: 'Nobody will type: give it its answers by flags (--yes, --batch, GIT_TERMINAL_PROMPT=0), or redirect its input from a file.',
    };
  const blocked = living.find(({ state }) => state === 'D');
  if (blocked !== undefined || (ioBytesPerS ?? 0) > BUSY_IO_BYTES_PER_S)
    return {
      kind: 'io',
      text: `io: ${[
        ...(ioBytesPerS === null ? [] : [`reading and writing ${formatSize(ioBytesPerS)}/s`]),
        ...(blocked === undefined ? [] : [`${who(blocked)} waits for a device or network file system`]),
      ].join(', ')}`,
      hint: 'It works on files without printing: print a line of progress, or raise --observability_interval.',
    };
  const stopped = living.find(({ state }) => state === 'T' || state === 't');
  if (stopped !== undefined)
    return {
      kind: 'stopped',
      text: `stopped: ${who(stopped)} was stopped by a signal or a debugger`,
      hint: 'It goes on after SIGCONT: look for who sent SIGSTOP, or whether it reads from a terminal it does not own.',
    };
  if (cpuCores === null && living.length === 0)
    return {
      kind: 'unknown',
      text: 'unknown: nothing could be measured',
      hint: 'Print a line of progress, or raise --observability_interval.',
    };
  const timed = living.findLast(
    ({ name, wchan }) => name !== 'sleep' && wchan !== null && TIMER_WCHAN.test(wchan),
  );
  if (timed !== undefined)
    return {
      kind: 'idle',
      text: `idle: ${who(timed)} wakes by itself, and what it prints may be held back in a buffer`,
      hint: `If it prints now and then, it is ${BUFFERED}. If it only sleeps: look at the log, or raise --observability_interval.`,
    };
  const sleeper = living.at(-1);
  return {
    kind: 'idle',
    text:
      sleeper === undefined
        ? 'idle: using no CPU'
        : `idle: ${living.length} ${living.length === 1 ? 'process sleeps' : 'processes sleep'}, the youngest is ${who(sleeper)}`,
    hint: 'It waits for something that does not come (a lock, a network answer, a child): look at the log, or raise --observability_interval.',
  };
}

function who({ pid, name, wchan }: ProcessEvidence): string {
  return wchan === null ? `${name} (pid ${pid})` : `${name} (pid ${pid}, in ${wchan})`;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
