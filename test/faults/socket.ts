// Hostile connections, and how long a well-behaved client waits beside them.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DEADLINE_MS } from '../support/budget.ts';

const ASKER = join(import.meta.dirname, 'asker.ts');

/** An open connection; an error on it means that the daemon has closed it. Waits while the backlog is full. */
export async function open(path: string): Promise<Socket> {
  for (;;) {
    const socket = connect({ path, allowHalfOpen: true });
    try {
      await once(socket, 'connect');
      return socket.on('error', () => {});
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await delay(5);
    }
  }
}

export async function openMany(path: string, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let left = count; left > 0; left -= 100)
    sockets.push(...(await Promise.all(Array.from({ length: Math.min(100, left) }, () => open(path)))));
  return sockets;
}

/** Sends the bytes and resolves with all that comes back until the daemon closes the connection. */
export async function exchange(path: string, bytes: string | Uint8Array): Promise<string> {
  const socket = await open(path);
  const pieces: Buffer[] = [];
  return new Promise((resolve) => {
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('close', () => resolve(Buffer.concat(pieces).toString()));
    socket.on('end', () => socket.end());
    socket.write(bytes);
  });
}

/** A request of plain HTTP/1.1 that asks for the connection to be closed. */
export function post(path: string, body: string, headers: readonly string[] = []): string {
  return [
    `POST ${path} HTTP/1.1`,
    'Host: babysit',
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    '',
    body,
  ].join('\r\n');
}

export interface Latency {
  readonly medianMs: number;
  readonly maxMs: number;
}

/** Of forty requests, one after the other, from a process of their own. */
export async function latencyOf(path: string): Promise<Latency> {
  const { stdout } = await promisify(execFile)(process.execPath, [ASKER, path], { timeout: DEADLINE_MS });
  const tookMs = (JSON.parse(stdout) as number[]).toSorted((a, b) => a - b);
  return { medianMs: tookMs[tookMs.length >> 1] ?? 0, maxMs: tookMs.at(-1) ?? 0 };
}
