// The estimates, limits and priority of an existing task with the fields that a request changes.
import { boundEstimate, KILL_FACTOR, restated } from '../../core/estimate.ts';
import type { Task } from '../../core/task.ts';
import type { Asked } from '../../request/request.ts';

type Changeable =
  | 'timeMs'
  | 'memBytes'
  | 'cpuCores'
  | 'killTimeoutMs'
  | 'observabilityMs'
  | 'observability'
  | 'observe'
  | 'memPctLimit'
  | 'cpuPctLimit'
  | 'priority';

/**
 * A null field stays unchanged. CPU is compressible: an estimate above `maxCores`, all that the host gives, is lowered. A
 * kill timeout of twice the estimate, the default, follows the estimate.
 */
export function changedRequest(
  task: Task,
  asked: Pick<Asked<'adjust'>, Changeable>,
  maxCores: number,
): Pick<Task, 'estimate' | 'limits' | 'priority'> {
  const { estimate, limits } = task;
  const observe = asked.observe ?? limits.observe;
  const timeMs = asked.timeMs ?? estimate.timeMs;
  const changed = {
    timeMs,
    memBytes: asked.memBytes ?? estimate.memBytes,
    cpuCores: Math.min(asked.cpuCores ?? estimate.cpuCores, maxCores),
  };
  const followsEstimate = limits.killTimeoutMs === KILL_FACTOR * boundEstimate(task).timeMs;
  const after = boundEstimate({ estimate: changed, ...restated(task, changed) });
  const followedMs = followsEstimate ? KILL_FACTOR * after.timeMs : limits.killTimeoutMs;
  return {
    estimate: changed,
    limits: {
      killTimeoutMs: asked.killTimeoutMs ?? followedMs,
      observabilityMs: asked.observabilityMs ?? limits.observabilityMs,
      isStrict: asked.observability === null ? limits.isStrict : asked.observability === 'strict',
      ...(observe === undefined ? {} : { observe }),
      memPctLimit: asked.memPctLimit ?? limits.memPctLimit,
      cpuPctLimit: asked.cpuPctLimit ?? limits.cpuPctLimit,
    },
    priority: asked.priority ?? task.priority,
  };
}
