// Tasks, attempts and kills for tests: valid by default, changed where a test needs it.

import type { Estimate, Limits } from '../../../src/core/estimate.ts';
import type { EventMap } from '../../../src/core/events.ts';
import { INHERITS_NOTHING } from '../../../src/core/inherited.ts';
import type {
  Attempt,
  EndedState,
  Envelope,
  Exit,
  KillIntent,
  Task,
  TaskId,
  TaskState,
  Usage,
} from '../../../src/core/task.ts';
import { DEFAULT_EXEC_OPTIONS, READY } from '../../../src/core/task.ts';

export const KIB = 1024;
export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;

/** A ULID whose order follows `n`. */
export function taskId(n: number): TaskId {
  return `01JD${String(n).padStart(22, '0')}` as TaskId;
}

export function anEstimate(changes: Partial<Estimate> = {}): Estimate {
  return { timeMs: 600_000, memBytes: 4 * GIB, cpuCores: 4, ...changes };
}

export function someLimits(changes: Partial<Limits> = {}): Limits {
  return {
    killTimeoutMs: 1_200_000,
    observabilityMs: 300_000,
    isStrict: false,
    memPctLimit: 40,
    cpuPctLimit: 90,
    ...changes,
  };
}

export function anEnvelope(changes: Partial<Envelope> = {}): Envelope {
  return {
    memMaxBytes: 12 * GIB,
    cpuMaxCores: 12,
    cpuWeight: 50,
    cpuIdle: false,
    pidsMax: 4096,
    nice: 10,
    oomScoreAdj: 500,
    ...changes,
  };
}

export function anAttempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    bootId: 'boot-1',
    group: { driver: 'v2', name: 't-1-1' },
    envelope: anEnvelope(),
    dispatchedAt: 2_000,
    startedAt: 2_010,
    pid: 4242,
    pausedMs: 0,
    heldAt: null,
    isExpress: false,
    kill: null,
    ...changes,
  };
}

export function aKill(changes: Partial<KillIntent> = {}): KillIntent {
  return { reason: 'manual', at: 3_000, detail: {}, signal: 'SIGTERM', killedAt: null, ...changes };
}

export function anExit(changes: Partial<Exit> = {}): Exit {
  return { code: 0, signal: null, at: 5_000, ...changes };
}

export function someUsage(changes: Partial<Usage> = {}): Usage {
  return {
    peakMemBytes: 3 * GIB,
    peakMemCachedBytes: 3.5 * GIB,
    cpuSeconds: 12,
    cpuWaitSeconds: null,
    ioReadBytes: 0,
    ioWriteBytes: 0,
    oomKills: 0,
    oom: null,
    peakCpuCores: null,
    ...changes,
  };
}

/** One state of each terminal status. */
export const ENDED: { readonly [S in EndedState['status']]: Extract<EndedState, { status: S }> } = (() => {
  const ended = { endedAt: 6_000, attempt: anAttempt(), exit: anExit(), usage: someUsage() };
  return {
    completed: { status: 'completed', ...ended },
    failed: { status: 'failed', reason: 'exit', message: null, ...ended, exit: anExit({ code: 3 }) },
    killed: { status: 'killed', kill: aKill(), stoppedGracefully: true, ...ended },
    interrupted: { status: 'interrupted', reason: 'host_rebooted', ...ended, exit: null },
  };
})();

export function aTask(changes: Partial<Task> = {}): Task {
  return {
    id: taskId(1),
    name: 'build',
    owner: null,
    project: '/project',
    command: { kind: 'shell', line: 'make -j4' },
    cwd: '/project',
    umask: 0o022,
    inherited: INHERITS_NOTHING,
    execOptions: DEFAULT_EXEC_OPTIONS,
    estimate: anEstimate(),
    limits: someLimits(),
    priority: 0,
    after: null,
    retry: null,
    key: null,
    context: null,
    tags: [],
    requeue: false,
    attempts: 0,
    history: [],
    retriedFrom: 0,
    submittedAt: 1_000,
    state: { status: 'pending', ...READY },
    ...changes,
  };
}

/** A task in `state`, with the attempts that go with it. */
export function taskIn(state: TaskState): Task {
  return aTask({ state, attempts: state.status === 'pending' ? 0 : (state.attempt?.number ?? 0) });
}

export function runningTask(attempt: Partial<Attempt> = {}): Task {
  return taskIn({ status: 'running', attempt: anAttempt(attempt) });
}

export function aThrottle(): EventMap['throttled'] {
  return {
    cpu_cores: 3,
    estimated_cpu_cores: 1,
    host_cpu_pct: 97.5,
    limit_pct: 95,
    hint: 'raise the estimate',
    suggested_command: 'babysit adjust build --estimated_cpu_cores=3.3 --force',
  };
}

export function aHold(): EventMap['held'] {
  return {
    mem_bytes: 5 * GIB,
    estimated_mem_bytes: 4 * GIB,
    growth_bytes_per_s: GIB,
    host_mem_pct: 80,
    limit_pct: 70,
    kill_in_s: 30,
    hint: 'raise the estimate',
    suggested_command: 'babysit adjust build --estimated_mem_bytes=8G',
  };
}

/** No process has this pid and start time. */
const GONE = `4194305 (sh) S 1 1 1 0 -1 0 ${'0 '.repeat(12)}1 0 0`;

/** The attempt records of a command that has begun, and whose processes have gone. */
export const GONE_RECORDS = `claimed 1.0\nsupervisor 1.0 ${GONE}\nstarted 1.0 ${GONE}\n`;
