// What the daemon's log says about the end of a task: reasons and numbers, nothing of its command or environment.
import type { Task } from '../core/task.ts';

export function endReason({ state }: Task): Record<string, unknown> {
  switch (state.status) {
    case 'killed':
      return { reason: state.kill.reason, detail: state.kill.detail };
    case 'failed':
      return { reason: state.reason, exit: state.exit, message: state.message };
    case 'interrupted':
      return { reason: state.reason };
    case 'pending':
    case 'running':
    case 'paused':
    case 'completed':
      return {};
  }
}
