// Observes whether an attempt is ready: by a line of its output, a port it listens on, or a command that succeeds.
import { createContext, Script } from 'node:vm';
import type { Readiness } from '../../core/task.ts';
import { Probe, type ProbeCommand } from '../../exec/probe.ts';
import { GrowingFile } from '../../logs/tail.ts';
import { listensOn } from '../../procfs/process/listening.ts';
import { cutLines } from '../../text/split.ts';

export interface ReadinessObserver {
  /** Call once a sample. `logBytes` is the size of the log. Stays true. */
  look(pids: () => readonly number[], logBytes: number): boolean;
  close(): void;
}

export function observeReadiness(
  readiness: Readiness,
  logPath: string,
  command: (line: string) => ProbeCommand,
): ReadinessObserver {
  switch (readiness.kind) {
    case 'log':
      return observeLog(readiness.pattern, logPath);
    case 'port':
      return { look: (pids) => listensOn(pids(), readiness.port), close() {} };
    case 'command': {
      const probe = new Probe(() => command(readiness.line));
      return { look: () => probe.poll(), close: () => probe.close() };
    }
  }
}

/** Largest part of the output that one sample reads, from its end. */
const READ_BYTES = 256 * 1024;
const LINE_MAX_CHARS = 4096;
/** Backtracking cannot be predicted from the expression: a script context limits the time that it takes the daemon. */
const MATCH_MS = 100;
/** Lines that took too long are matched once more, because the host may have been busy. Then they do not match. */
const TRIES = 2;
/** An expression that is too slow this often is given up. */
const TIMEOUTS_MAX = 10;

function observeLog(pattern: string, path: string): ReadinessObserver {
  const log = new GrowingFile(path);
  const scope = { pattern: new RegExp(pattern), lines: [] as readonly string[] };
  const context = createContext(scope);
  const script = new Script('lines.some((line) => pattern.test(line))');
  let rest = '';
  let again: readonly string[] = [];
  let tries = 0;
  let timeouts = 0;
  let isReady = false;
  return {
    look(_pids, logBytes) {
      if (isReady || timeouts >= TIMEOUTS_MAX) return isReady;
      const added = log.added(logBytes, READ_BYTES);
      if (added === null && again.length === 0) return false;
      const cut = cutLines((added?.isAfterGap ? '' : rest) + (added?.text ?? ''), /\r\n|\n|\r/);
      // A prompt such as "ready> " has no line end.
      rest = cut.rest.slice(0, LINE_MAX_CHARS);
      scope.lines = [...again, ...cut.lines.map((line) => line.slice(0, LINE_MAX_CHARS)), rest];
      again = [];
      try {
        isReady = script.runInContext(context, { timeout: MATCH_MS });
        tries = 0;
      } catch {
        timeouts += 1;
        tries = (tries + 1) % TRIES;
        if (tries > 0) again = scope.lines.slice(0, -1);
      }
      return isReady;
    },
    close() {},
  };
}
