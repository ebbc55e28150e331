// Asks a running daemon for names that complete a command line. Starts none, and never waits long.
import type { ConfigView } from '../../src/api/schemas/daemon.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import type { TaskStatus } from '../../src/core/task.ts';
import { cutText } from '../../src/text/width.ts';
import { send } from '../client/http.ts';
import { currentProject } from '../input/project.ts';
import type { Candidate, LiveValues } from './candidates.ts';

/** A person waits for each key; on a loaded host names after half a second are better than none. */
const DEADLINE_MS = 500;
const TASKS_READ = 100;
const HELP_COLUMNS = 60;

export function liveValues(socket: string): LiveValues {
  const tasks = async (query: string): Promise<readonly TaskView[]> =>
    (await ask<{ tasks: TaskView[] }>(socket, `/v1/tasks?limit=${TASKS_READ}${query}`))?.tasks ?? [];
  const settings = async () => (await ask<ConfigView>(socket, '/v1/config'))?.values ?? [];
  return {
    async tasks(statuses) {
      const project = `&project=${encodeURIComponent(currentProject())}`;
      const found = await tasks(`${project}${statusQuery(statuses)}`);
      return found.toReversed().map(({ name, status, command }) => ({
        text: name,
        help: cutText(`${status}: ${command}`, HELP_COLUMNS, '...'),
      }));
    },
    async owners() {
      return unique((await tasks('')).map(({ owner }) => owner));
    },
    async tags() {
      return unique((await tasks('')).flatMap(({ tags, batch }) => [...tags, batch]));
    },
    async settings() {
      return (await settings()).map(({ key, help }) => ({ text: key, help }));
    },
    async valuesOf(setting) {
      const row = (await settings()).find(({ key }) => key === setting);
      if (row === undefined) return [];
      const choices = /^[\w.-]+(, [\w.-]+)+$/.test(row.values) ? row.values.split(', ') : [];
      return unique([String(row.value), ...choices, ...(row.values.endsWith(' or auto') ? ['auto'] : [])]);
    },
  };
}

function statusQuery(statuses: readonly TaskStatus[]): string {
  return statuses.length === 0 ? '' : `&status=${statuses.join(',')}`;
}

function unique(texts: readonly (string | null)[]): Candidate[] {
  return [...new Set(texts)].flatMap((text) => (text === null ? [] : [{ text, help: '' }]));
}

/** Null: no daemon, no answer in time, or another error. The shell then proposes nothing. */
async function ask<T>(socket: string, path: string): Promise<T | null> {
  try {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const { status, text } = await send(socket, { method: 'GET', path, timeoutMs: DEADLINE_MS, signal });
    return status === 200 ? (JSON.parse(text) as T) : null;
  } catch {
    return null;
  }
}
