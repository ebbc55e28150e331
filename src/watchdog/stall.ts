// Stalls: the warning before the kill, and a diagnosis of the silent task from outside.

import type { Limits } from '../core/estimate.ts';
import type { TaskEvent } from '../core/events.ts';
import type { KillDetail } from '../core/kill-reasons.ts';
import { formatSize } from '../units/size.ts';
import type { WatchState } from './state.ts';

export type StallRisk = Extract<TaskEvent, { readonly event: 'stall_risk' }>;

/** The watchdog warns at this part of the observability interval. */
export const STALL_RISK_AT = 0.8;

export interface ProcessEvidence {
  readonly pid: number;
  readonly name: string;
  /** The letter of proc(5): R running, S sleeping, D uninterruptible, T stopped, Z zombie. */
  readonly state: string;
  /** The kernel function it sleeps in; null when /proc does not show it. */
  readonly wchan: string | null;
  /** Set while it is in read(2) on a terminal, or on a stdin that no process of the task writes to. */
  readonly awaits: 'terminal' | 'pipe' | 'socket' | null;
}

export interface StallEvidence {
  /** CPU time since the last output, and that time; absent when not measured. */
  readonly silence?: { readonly cpuS: number; readonly ms: number };
  /** At the last sample; null when not measured. */
  readonly cpuCores: number | null;
  readonly ioBytesPerS: number | null;
  readonly processes: readonly ProcessEvidence[];
  /** Name of the task, when babysit send can write to its standard input. */
  readonly sendTo?: string;
  readonly lastLine: string | null;
  readonly lastLineAgeMs: number | null;
}

export interface StallDiagnosis {
  readonly kind: 'busy' | 'io' | 'stdin' | 'stopped' | 'idle' | 'unknown';
  /** Starts with the kind. */
  readonly text: string;
  readonly hint: string;
}

/** A task below these is idle: timers, keep-alives, one line of a log. */
const BUSY_CORES = 0.05;
const BUSY_IO_BYTES_PER_S = 64 * 1024;
/** Kernel functions of a process that sleeps on its own timer. */
const TIMER_WCHAN = /nanosleep/;
/** glibc writes to a pipe in blocks of 4 KiB and to a terminal line by line. */
const BUFFERED =
  'block-buffered (C and C++ programs write to a pipe in blocks of 4 KB): run it with --pty or under stdbuf -oL';

/** Returns null when no warning is due. */
export function stallRisk({ observabilityMs }: Limits, state: WatchState): StallRisk | null {
  if (
    observabilityMs === 0 ||
    state.isStallReported ||
    countedSilenceMs(state) <= STALL_RISK_AT * observabilityMs
  )
    return null;
  const { text, hint } = diagnoseStall({
    ...silenceOf(state),
    cpuCores: state.cpu.cores,
    ioBytesPerS: state.io.bytesPerS,
    processes: [],
  });
  return {
    event: 'stall_risk',
    silent_s: Math.round(state.silentMs / 1000),
    kill_in_s: Math.max(0, Math.round((observabilityMs - countedSilenceMs(state)) / 1000)),
    diagnosis: text,
    last_line: null,
    last_line_age_s: null,
    hint,
  };
}

/** A task cannot print while the host does not run it: that time does not count. */
export function countedSilenceMs({ silentMs, starvedSilentMs }: WatchState): number {
  return Math.max(0, silentMs - starvedSilentMs);
}

/** What the task did since its last output. */
export function silenceOf({ cpu, cpuUsecAtOutput, silentMs }: WatchState): Pick<StallEvidence, 'silence'> {
  return { silence: { cpuS: Math.max(0, cpu.usec - cpuUsecAtOutput) / 1e6, ms: silentMs } };
}

/** The numbers of a kill, with the diagnosis and the last lines that come with it. */
export function stallDetail(detail: KillDetail, evidence: StallEvidence): KillDetail {
  const { kind, text } = diagnoseStall(evidence);
  return {
    ...detail,
    diagnosis: text,
    is_computing: kind === 'busy' || kind === 'io',
    silent_cpu_s: round2(evidence.silence?.cpuS ?? 0),
    last_line: evidence.lastLine,
  };
}

/** Replaces the diagnosis by one from the processes and the log. */
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
  evidence: Pick<StallEvidence, 'cpuCores' | 'ioBytesPerS' | 'processes' | 'silence' | 'sendTo'>,
): StallDiagnosis {
  const { cpuCores, ioBytesPerS, processes, silence, sendTo } = evidence;
  const used = silence ? `; ${round2(silence.cpuS)} s of CPU in ${Math.round(silence.ms / 1000)} s` : '';
  const living = processes.filter(({ state }) => state !== 'Z' && state !== 'X');
  // It may have computed all the time and sleep at this moment.
  const cores = Math.max(cpuCores ?? 0, silence && silence.ms > 0 ? (1000 * silence.cpuS) / silence.ms : 0);
  if (cores > BUSY_CORES)
    return {
      kind: 'busy',
      text: `busy: using ${round2(cores)} cores${used && `${used}, so it computes silently`}`,
      hint: `Print a line of progress, or raise --observability_interval. If it does print, its output is ${BUFFERED}.`,
    };
  const reader = living.find(({ awaits }) => awaits !== null);
  if (reader !== undefined)
    return {
      kind: 'stdin',
      text: `stdin: ${labelOf(reader)} waits for input from a ${reader.awaits}`,
      hint:
        sendTo === undefined
          ? 'Pass its answers by flags (--yes, --batch, GIT_TERMINAL_PROMPT=0), or redirect its input from a file.'
          : `Answer it: babysit send ${sendTo} 'ANSWER'. If no more input comes: babysit send ${sendTo} --eof.`,
    };
  const blocked = living.find(({ state }) => state === 'D');
  if (blocked !== undefined || (ioBytesPerS ?? 0) > BUSY_IO_BYTES_PER_S)
    return {
      kind: 'io',
      text: `io: ${[
        ...(ioBytesPerS === null ? [] : [`reading and writing ${formatSize(ioBytesPerS)}/s`]),
        ...(blocked === undefined ? [] : [`${labelOf(blocked)} waits for a device or network file system`]),
      ].join(', ')}`,
      hint: 'Print a line of progress while it reads and writes files, or raise --observability_interval.',
    };
  const stopped = living.find(({ state }) => state === 'T' || state === 't');
  if (stopped !== undefined)
    return {
      kind: 'stopped',
      text: `stopped: ${labelOf(stopped)} was stopped by a signal or a debugger`,
      hint: 'Send it SIGCONT. Then find the sender of SIGSTOP, or check whether it reads from a terminal it does not own.',
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
      text: `idle: ${labelOf(timed)} sleeps on a timer, and its output may still be in a buffer`,
      hint: `If it prints now and then, its output is ${BUFFERED}. If it only sleeps, read the log, or raise --observability_interval.`,
    };
  const sleeper = living.at(-1);
  return {
    kind: 'idle',
    text:
      sleeper === undefined
        ? `idle: using no CPU${used}`
        : `idle: ${living.length} ${living.length === 1 ? 'process sleeps' : 'processes sleep'}, the youngest is ${labelOf(sleeper)}${used}`,
    hint: 'It hangs: do not raise --observability_interval. Read the log, and find what it waits for: a lock, a network answer or a child process.',
  };
}

function labelOf({ pid, name, wchan }: ProcessEvidence): string {
  return wchan === null ? `${name} (pid ${pid})` : `${name} (pid ${pid}, in ${wchan})`;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
