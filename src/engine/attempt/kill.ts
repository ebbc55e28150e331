// Takes the steps of the kill ladder on a live attempt. Never waits: it says when to come again.
import { closeSync, openSync } from 'node:fs';
import { signalAll } from '../../cgroups/signals.ts';
import { isActive, type KillIntent, type Task, type Usage } from '../../core/task.ts';
import { RecordsUnreadable } from '../../exec/records.ts';
import { readProcessState } from '../../procfs/process-state.ts';
import { type LadderStep, ladderStep } from '../../watchdog/ladder.ts';
import type { UnitOfWork } from '../unit-of-work.ts';
import type { LiveAttempt } from './live-attempt.ts';

const ASK_AGAIN_MS = 20;

export function advanceKill(
  live: LiveAttempt,
  task: Task,
  intent: KillIntent,
  graceMs: number,
  monoMs: number,
): LadderStep {
  const step = ladderStep(intent, live.ladder, graceMs, monoMs);
  switch (step.act) {
    case 'ask':
      makeStopFile(live.paths.stopFile);
      // The command may be about to enter its group: without anybody to ask, the step has not been taken.
      if (ask(live, task, intent.signal) === 0 && !live.hasEntered())
        return { ...step, act: 'none', againInMs: ASK_AGAIN_MS };
      // A stopped or frozen process gets the signal once it runs again.
      live.group.thaw();
      live.group.signal('SIGCONT');
      break;
    case 'kill':
      // The second time nothing of the command may be left, only who holds its output open from outside.
      if (live.ladder.killedAt !== null) live.nudgeSupervisor(true);
      live.group.killAll();
      break;
    case 'none':
      break;
  }
  live.ladder = step.state;
  return step;
}

/**
 * Returns how many were signalled. script(1), which holds the terminal of a task with --pty, is left out: asked itself, it
 * ends the command two seconds later, whatever the grace, and forgets its exit code. Else it ends with its command.
 */
function ask({ group }: LiveAttempt, { execOptions, state }: Task, signal: NodeJS.Signals): number {
  const holder = execOptions.usesPty && isActive(state) ? state.attempt.pid : null;
  const others = holder === null ? [] : group.pids().filter((pid) => pid !== holder);
  return others.length > 0 ? signalAll(others, signal) : group.signal(signal);
}

/** A full disk must not keep the signal from being sent. */
function makeStopFile(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch {}
}

/** SIGKILL does not reach what is left: uninterruptible sleep, a zombie nobody reaps. */
export function reportStuck(
  work: UnitOfWork,
  task: Task,
  live: LiveAttempt,
  report: 'stuck' | 'given_up',
): void {
  if (report === 'stuck') {
    const processes = live.group.pids().flatMap((pid) => readProcessState(pid) ?? []);
    work.tell(task, { event: 'kill_stuck', processes });
    return;
  }
  work.change(task.id, {
    kind: 'lose',
    reason: 'supervisor_lost',
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
