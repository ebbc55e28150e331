// Talks to the daemon of a test home as the CLI does, without a process for each call.
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AdjustBody } from '../../src/api/schemas/change/adjust.ts';
import type { KillBody } from '../../src/api/schemas/change/kill.ts';
import type { EventView } from '../../src/api/schemas/events/events.ts';
import type { RunBody } from '../../src/api/schemas/run.ts';
import type { StatusView } from '../../src/api/schemas/status.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { filledLines } from '../../src/text/split.ts';
import type { TestHome } from './home.ts';

export interface TaskEnd {
  readonly task: TaskView;
  /** The events before the end, as `babysit wait` prints them. */
  readonly events: readonly EventView[];
}

export interface DaemonApi {
  run(name: string, command: string, changes?: Partial<RunBody>): Promise<TaskView>;
  /** Resolves when the task has ended. */
  ended(name: string): Promise<TaskEnd>;
  task(name: string): Promise<TaskView>;
  log(name: string): Promise<string>;
  change(
    name: string,
    verb: 'kill' | 'pause' | 'resume' | 'adjust',
    body?: KillBody | AdjustBody,
  ): Promise<TaskView>;
  status(): Promise<StatusView>;
}

/** One request to the daemon of a BABYSIT_HOME. Rejects when there is no answer. */
export function exchange(
  dir: string,
  method: 'GET' | 'POST',
  path: string,
  body: object = {},
  signal?: AbortSignal,
): Promise<{ readonly code: number; readonly content: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    // A connection that is kept would count among those of the daemon.
    const sent = request(
      { socketPath: join(dir, 'daemon.sock'), method, path, headers, signal, agent: false },
      (response) =>
        text(response).then((content) => resolve({ code: response.statusCode ?? 0, content }), reject),
    );
    sent.on('error', reject);
    sent.end(method === 'POST' ? JSON.stringify(body) : undefined);
  });
}

/** `defaults` of every request; the daemon must live. Rejects on any answer but a success. */
export function daemonApi({ dir, work }: TestHome, defaults: Partial<RunBody>): DaemonApi {
  async function ask(method: 'GET' | 'POST', path: string, body: object = {}): Promise<string> {
    const answer = await exchange(dir, method, path, body);
    if (answer.code >= 300) throw new Error(`${method} ${path}: ${answer.content}`);
    return answer.content;
  }

  return {
    run: async (name, command, changes) =>
      JSON.parse(
        await ask('POST', '/v1/tasks', {
          name,
          command,
          cwd: work,
          project: work,
          env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: work },
          ...defaults,
          ...changes,
        }),
      ),
    async ended(name) {
      const lines = filledLines(await ask('GET', `/v1/tasks/${name}/events`));
      const events: EventView[] = lines.map((line) => JSON.parse(line));
      const task = events.pop()?.task;
      if (task === undefined) throw new Error(`the events of ${name} ended without its end`);
      return { task, events };
    },
    task: async (name) => JSON.parse(await ask('GET', `/v1/tasks/${name}`)),
    log: (name) => ask('GET', `/v1/tasks/${name}/log`),
    change: async (name, verb, body) => JSON.parse(await ask('POST', `/v1/tasks/${name}/${verb}`, body)),
    status: async () => JSON.parse(await ask('GET', '/v1/status')),
  };
}
