// Samples the CPU use of the host once per tick, and stages throttles of tasks and their ends.
import type { Logger } from 'pino';
import { isActive } from '../../core/task.ts';
import type { HostCpuTime } from '../../procfs/host-cpu.ts';
import {
  type HostCpuTrail,
  judgeThrottles,
  type TaskCpu,
  type ThrottleRules,
  throttledDetails,
} from '../../watchdog/throttle.ts';
import type { LiveAttempt } from '../attempt/live-attempt.ts';
import type { UnitOfWork } from '../unit-of-work.ts';

export interface ThrottleDeps {
  readonly throttleRules: ThrottleRules;
  readonly log: Logger;
  readHostCpu(): HostCpuTime | null;
}

/** Call after the attempts were sampled. Keep the returned trail once the round is committed. */
export function watchHostCpu(
  { throttleRules, log, readHostCpu }: ThrottleDeps,
  work: UnitOfWork,
  attempts: readonly LiveAttempt[],
  before: HostCpuTrail,
): HostCpuTrail {
  const { monoMs, wallMs } = work.now;
  const time = readHostCpu();
  const tasks = attempts.flatMap((live) => taskCpu(work, live));
  const judged = judgeThrottles(throttleRules, before, time === null ? null : { monoMs, ...time }, tasks);
  for (const { id, cause } of judged.free)
    if (work.change(id, { kind: 'unthrottle', cause, at: wallMs }))
      log.warn({ task: id, cause }, 'task unthrottled');
  for (const one of judged.throttle) {
    const { id, cores } = one;
    const task = work.get(id);
    if (task === undefined || !isActive(task.state)) continue;
    const { cpuMaxCores } = task.state.attempt.envelope;
    const details = throttledDetails(
      throttleRules,
      { name: task.name, cpuMaxCores },
      one,
      judged.hostCpuPct ?? 0,
    );
    if (work.change(id, { kind: 'throttle', fromCores: cores, details, at: wallMs }))
      log.warn({ task: id, ...details }, 'task throttled');
  }
  return judged.trail;
}

/** Leaves out a task that is being killed. */
function taskCpu(work: UnitOfWork, live: LiveAttempt): TaskCpu[] {
  const task = work.get(live.id);
  if (task === undefined || !isActive(task.state) || task.state.attempt.kill !== null) return [];
  const { throttle = null } = task.state.attempt;
  return [{ id: live.id, cores: live.meanCpuCores, estimatedCores: task.estimate.cpuCores, throttle }];
}
