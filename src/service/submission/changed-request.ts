// The estimates, limits and priority of an existing task with the fields that a request changes.
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
  const followedMs = limits.killTimeoutMs === 2 * estimate.timeMs ? 2 * timeMs : limits.killTimeoutMs;
  return {
    estimate: {
      timeMs,
      memBytes: asked.memBytes ?? estimate.memBytes,
      cpuCores: Math.min(asked.cpuCores ?? estimate.cpuCores, maxCores),
    },
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
