// Advances the kill ladder of a live attempt. Never waits: it returns when to call again.
import { closeSync } from 'node:fs';
import { signalAll } from '../../cgroups/signals.ts';
import { isActive, type KillIntent, type Task, type Usage } from '../../core/task.ts';
import { RecordsUnreadable } from '../../exec/records.ts';
import { openRegular } from '../../files/regular-file.ts';
import { readProcessState } from '../../procfs/process/process-state.ts';
import { type LadderStep, ladderStep } from '../../watchdog/ladder.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { LiveAttempt } from './live-attempt.ts';

const RETRY_MS = 20;

export function advanceKill(
  live: LiveAttempt,
  task: Task,
  intent: KillIntent,
  graceMs: number,
  monoMs: number,
): LadderStep {
  const step = ladderStep(intent, live.ladder, graceMs, monoMs);
  switch (step.act) {
    case 'stop':
      makeStopFile(live.paths.stopFile);
      resume(live);
      break;
    case 'ask':
      makeStopFile(live.paths.stopFile);
      // The command may be about to enter its group. Retry the step if the signal reached no process.
      if (signalTask(live, task, intent.signal) === 0 && mayEnter(live, graceMs, monoMs))
        return { ...step, act: 'none', againInMs: RETRY_MS };
      resume(live);
      break;
    case 'kill':
      // A process outside of the group may hold the output open: end the supervisor. On a busy host it needs time to record
      // the exit first.
      if (live.ladder.killedAt !== null && (live.hasExit || !live.usesHost || step.state.reported !== null))
        live.signalStuckSupervisor('SIGKILL');
      live.group.killAll();
      break;
    case 'none':
      break;
  }
  live.ladder = step.state;
  return step;
}

/** False when a supervisor has not started its command for the time of a grace period. */
function mayEnter(live: LiveAttempt, graceMs: number, monoMs: number): boolean {
  if (live.hasEntered()) return false;
  live.continueStart();
  if (live.awaitsSupervisor()) return true;
  const unreachedAt = live.ladder.unreachedAt ?? monoMs;
  live.ladder = { ...live.ladder, unreachedAt };
  return monoMs - unreachedAt < graceMs;
}

/** A stopped or frozen process sees the stop file, and gets the signal, when it runs again. */
function resume({ group }: LiveAttempt): void {
  group.thawAll();
  group.signal('SIGCONT');
}

/**
 * Returns the number of signaled processes. Skips script(1), which runs a task with --pty: on a signal it ends the
 * command after two seconds and loses the exit code. Without a signal it ends with its command.
 */
function signalTask({ group }: LiveAttempt, { execOptions, state }: Task, signal: NodeJS.Signals): number {
  const holder = execOptions.usesPty && isActive(state) ? state.attempt.pid : null;
  const others = holder === null ? [] : group.pids().filter((pid) => pid !== holder);
  return others.length > 0 ? signalAll(others, signal) : group.signal(signal);
}

/** A full disk, or a stop file that the task replaced, must not prevent the signal. */
function makeStopFile(path: string): void {
  try {
    closeSync(openRegular(path, 'append_own'));
  } catch {}
}

/** Handles processes that SIGKILL does not end: they are in uninterruptible sleep, or zombies that are not reaped. */
export function reportStuck(
  work: UnitOfWork,
  task: Task,
  live: LiveAttempt,
  report: 'stuck' | 'given_up',
): void {
  if (report === 'stuck') {
    const processes = live.group.pids().flatMap((pid) => readProcessState(pid) ?? []);
    work.emit(task, { event: 'kill_stuck', processes });
    return;
  }
  work.change(task.id, {
    kind: 'lose',
    reason: live.group.populated() ? 'kill_stuck' : 'supervisor_lost',
    usage: usageOf(live),
    at: work.now.wallMs,
  });
}

function usageOf(live: LiveAttempt): Usage | null {
  try {
    return live.finalUsage();
  } catch (error) {
    if (error instanceof RecordsUnreadable) return null;
    throw error;
  }
}
