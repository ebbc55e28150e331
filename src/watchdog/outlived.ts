// A task whose main process has ended while others keep it running: the event, and the numbers of a kill.
import type { TaskEvent } from '../core/events.ts';
import type { KillDetail } from '../core/kill-reasons.ts';
import type { Outlived } from './state.ts';

/** Children that end a moment after their parent are usual. */
const REPORT_AFTER_MS = 5_000;

const HINT =
  'The task runs until these processes have ended. Wait for them in the command, run them as a task of their own (babysit run), or end them.';

/** Returns null while no event is due. */
export function outlivedEvent(
  outlived: Outlived | null,
): Extract<TaskEvent, { event: 'main_exited' }> | null {
  if (outlived === null || outlived.sinceMs < REPORT_AFTER_MS) return null;
  const { exitCode, signal, mainRanMs, processes } = outlived;
  return {
    event: 'main_exited',
    exit_code: exitCode,
    signal,
    after_s: Math.round(mainRanMs / 100) / 10,
    processes,
    hint: HINT,
  };
}

export function outlivedDetail(outlived: Outlived | null): KillDetail {
  if (outlived === null || outlived.processes.length === 0) return {};
  const { exitCode, signal, mainRanMs, processes, count } = outlived;
  const more = count > processes.length ? ` and ${count - processes.length} more` : '';
  return {
    main_exit_code: exitCode,
    main_signal: signal,
    main_ran_ms: Math.round(mainRanMs),
    left_processes: `${processes.map(({ pid, name }) => `${name} (pid ${pid})`).join(', ')}${more}`,
  };
}
