// Answers when a task would start, without submitting it: run --test_only.
import type { TestRunView } from '../api/schemas/capacity.ts';
import type { Clock } from '../core/clock.ts';
import { traitsOf } from '../core/engine-traits.ts';
import { statedEstimate } from '../core/estimate.ts';
import type { Task } from '../core/task.ts';
import type { Engine } from '../engine/engine.ts';
import type { RunRequest } from '../request/request.ts';
import { roundCores } from '../units/number.ts';
import type { TaskAccess } from './lookup/task-access.ts';
import type { Test } from './run.ts';
import { adviceView } from './views/learned-view.ts';
import { noteOf } from './views/note.ts';
import { iso } from './views/task-row.ts';
import { plannedView } from './views/waiting-view.ts';

export interface TestDeps {
  readonly engine: Engine;
  readonly clock: Clock;
}

/** Throws BabysitError for a request that would be refused for any reason other than room. */
export async function testRun(
  { engine, clock }: TestDeps,
  tasks: TaskAccess,
  test: Test,
  request: RunRequest,
): Promise<TestRunView> {
  const { task, blocked } = await tasks.commit((work) => test(work, request));
  const about = { ...demandView(task), ...noteOf(request.cpuCores, statedEstimate(task).cpuCores) };
  const { wallMs } = clock.now();
  if (traitsOf(task).hasQueue) {
    const { memBytes, cpuCores } = task.estimate;
    const { killTimeoutMs } = task.limits;
    const startMs = await engine.expectedStart(task, { memBytes, cpuCores, killTimeoutMs });
    const start = iso(startMs === null ? null : Math.max(startMs, wallMs));
    const startsNow = startMs !== null && startMs <= wallMs;
    return {
      ...{ test_only: true, starts_now: startsNow, expected_start: start, latest_start: null, waiting: null },
      ...{ engine: task.engine, ...about },
    };
  }
  const wait = request.force ? null : plannedView(blocked, engine);
  if (wait === null) {
    const now = iso(wallMs);
    return {
      ...{ test_only: true, starts_now: true, expected_start: now, latest_start: now, waiting: null },
      ...about,
    };
  }
  const { expected_start, expected_start_p90, latest_start, ...waiting } = wait;
  const p90 = expected_start_p90 === undefined ? {} : { expected_start_p90 };
  return { test_only: true, starts_now: false, expected_start, latest_start, ...p90, waiting, ...about };
}

function demandView({ estimate, limits, basis }: Task) {
  const advice = adviceView(basis);
  return {
    estimated_time_ms: estimate.timeMs,
    estimated_mem_bytes: estimate.memBytes,
    estimated_cpu_cores: roundCores(estimate.cpuCores),
    kill_timeout_ms: limits.killTimeoutMs,
    ...(advice === null ? {} : { advice }),
  };
}
