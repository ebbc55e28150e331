// Watches the output of a task for the first line that matches a regular expression.
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskView } from '../../../src/api/schemas/task.ts';
import { BabysitError } from '../../../src/core/errors.ts';
import { cutLines } from '../../../src/text/split.ts';
import { lineMatcher } from '../../output/log-lines.ts';
import type { Session } from '../session.ts';
import { findLog, followLog } from './read-log.ts';

export interface LineFound {
  readonly event: 'line';
  readonly name: string;
  readonly id: string;
  readonly at: string;
  readonly line: string;
}

export interface LogWatch {
  /** Call when an attempt of the task has started: watches the output of that one from its beginning. */
  start(id: string): void;
  /** Call at the end of the task. Resolves when all its output was seen. */
  end(task: TaskView): Promise<void>;
}

/** An incomplete last line, such as a prompt, counts when nothing follows within this time. */
const PROMPT_MS = 100;

/** Calls `found` at the first line that matches. Throws BabysitError usage for an invalid expression. */
export function watchLog(session: Session, pattern: string, found: (line: LineFound) => void): LogWatch {
  const match = lineMatcher(pattern, '--log');
  let watched: { readonly isObsolete: boolean; readonly done: Promise<void> } | null = null;
  let hasFound = false;

  function start(id: string): void {
    if (watched !== null) Object.assign(watched, { isObsolete: true });
    const state = { isObsolete: false, done: Promise.resolve() };
    state.done = read(id, state);
    // A failure is reported at the end.
    state.done.catch(() => {});
    watched = state;
  }

  async function read(id: string, state: { readonly isObsolete: boolean }): Promise<void> {
    const { name, from } = await findLog(session, id, new URLSearchParams({ full: '1' }));
    const decoder = new TextDecoder();
    let rest = '';
    let pieces = 0;
    const look = (lines: readonly string[]): boolean => {
      const [line] = hasFound || state.isObsolete ? [] : match(lines);
      if (line === undefined) return hasFound;
      hasFound = true;
      // biome-ignore lint/plugin/no-wall-clock: the line shows the time
      found({ event: 'line', name, id, at: new Date().toISOString(), line });
      return true;
    };
    const onData = (chunk: Buffer): void => {
      if (hasFound || state.isObsolete) throw new Stopped();
      const cut = cutLines(rest + decoder.decode(chunk, { stream: true }), /\r\n|\n|\r/);
      rest = cut.rest;
      if (look(cut.lines)) throw new Stopped();
      pieces += 1;
      if (rest !== '') void lookLater(pieces);
    };
    const lookLater = async (at: number): Promise<void> => {
      await delay(PROMPT_MS);
      if (at === pieces) look([rest]);
    };
    try {
      await followLog(session, { id, from }, Number.POSITIVE_INFINITY, onData);
      if (rest !== '') look([rest]);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  return {
    start,
    async end(task) {
      if (watched === null && task.attempt > 0) start(task.id);
      await watched?.done.catch((error: unknown) => {
        // Its log was removed with the task.
        if (!(error instanceof BabysitError && error.code === 'no_log')) throw error;
      });
    },
  };
}

class Stopped extends Error {}
