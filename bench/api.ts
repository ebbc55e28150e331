// A long-lived client of the daemon: persistent connections and the CLI's small HTTP parser, because every figure
// includes the cost of the client.
import { connect, type Socket } from 'node:net';
import { readHttp } from '../cli/client/http.ts';
import type { PingView } from '../src/api/schemas/daemon.ts';
import type { EventView } from '../src/api/schemas/events/events.ts';
import type { BatchBody, BatchLineView, RunBody } from '../src/api/schemas/run.ts';
import type { TaskView } from '../src/api/schemas/task.ts';

export interface Api {
  ping(): Promise<PingView>;
  submit(body: RunBody): Promise<TaskView>;
  batch(body: BatchBody): Promise<{ lines: BatchLineView[] }>;
  task(id: string): Promise<TaskView>;
  /** Resolves with the ended task. */
  ended(id: string): Promise<TaskView>;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

export function openApi(socketPath: string): Api {
  const idle = new Set<Socket>();

  function connection(): Socket {
    const [free] = idle;
    if (free !== undefined) {
      idle.delete(free);
      return free;
    }
    const socket = connect(socketPath);
    socket.once('close', () => idle.delete(socket));
    return socket;
  }

  function ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const payload = body === undefined ? '' : JSON.stringify(body);
      const type = body === undefined ? '' : 'content-type: application/json\r\n';
      const socket = connection();
      const parts: Buffer[] = [];
      let status = 0;
      const reader = readHttp({
        head: (code) => {
          status = code;
        },
        body: (chunk) => void parts.push(chunk),
        end() {
          socket.off('data', read).off('error', reject).off('close', lost);
          idle.add(socket);
          resolve({ status, text: Buffer.concat(parts).toString() });
        },
      });
      const read = (chunk: Buffer) => reader.push(chunk);
      const lost = () => reject(new Error(`${method} ${path}: the daemon closed the connection`));
      socket.on('data', read).once('error', reject).once('close', lost);
      socket.write(
        `${method} ${path} HTTP/1.1\r\nhost: babysit\r\n${type}content-length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`,
      );
    });
  }

  async function json<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    const { status, text } = await ask(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${text}`);
    return JSON.parse(text) as T;
  }

  return {
    ping: () => json('GET', '/v1/ping'),
    submit: (body) => json('POST', '/v1/tasks', body),
    batch: (body) => json('POST', '/v1/batch', body),
    task: (id) => json('GET', `/v1/tasks/${id}`),
    async ended(id) {
      const lines = (await ask('GET', `/v1/tasks/${id}/events`)).text.trim().split('\n');
      const last = JSON.parse(lines.at(-1) ?? '') as EventView;
      if (last.task === undefined) throw new Error(`the events of ${id} ended without its end`);
      return last.task;
    },
    close() {
      for (const socket of idle) socket.destroy();
    },
  };
}
