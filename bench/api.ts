// Talks to the daemon as a long-lived client does: over connections that stay open.
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { BatchBody, BatchLineView, EventView, PingView, RunBody, TaskView } from '../src/api/shapes.ts';

export interface Api {
  ping(): Promise<PingView>;
  submit(body: RunBody): Promise<TaskView>;
  batch(body: BatchBody): Promise<{ lines: BatchLineView[] }>;
  task(id: string): Promise<TaskView>;
  /** Resolves when the daemon says that the task has ended. */
  ended(id: string): Promise<TaskView>;
  close(): void;
}

export function openApi(socketPath: string): Api {
  const agent = new Agent({ keepAlive: true });

  function ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const headers =
        payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
      const sent = request({ agent, socketPath, method, path, headers }, resolve);
      sent.on('error', reject);
      sent.end(payload);
    });
  }

  async function json<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    const answer = await ask(method, path, body);
    const content = await text(answer);
    if ((answer.statusCode ?? 0) >= 300) throw new Error(`${method} ${path}: ${content}`);
    return JSON.parse(content) as T;
  }

  return {
    ping: () => json('GET', '/v1/ping'),
    submit: (body) => json('POST', '/v1/tasks', body),
    batch: (body) => json('POST', '/v1/batch', body),
    task: (id) => json('GET', `/v1/tasks/${id}`),
    async ended(id) {
      const lines = (await text(await ask('GET', `/v1/tasks/${id}/events`))).trim().split('\n');
      const last = JSON.parse(lines.at(-1) ?? '') as EventView;
      if (last.task === undefined) throw new Error(`the events of ${id} ended without its end`);
      return last.task;
    },
    close: () => agent.destroy(),
  };
}
