// A socket that answers like a daemon with a busy host, so that the dashboard is tested without one.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { wholeLine } from '../../cli/client/frames.ts';
import type { HistoryView } from '../../src/api/schemas/observe/history-summary.ts';
import type { TaskView } from '../../src/api/schemas/task.ts';
import { CALLER_HEADER } from '../../src/core/host/levers.ts';
import { GIB } from './build/build-task.ts';
import { type Scene, someHistory } from './busy-scene.ts';

export interface FakeDaemon {
  readonly server: Server;
  /** Sends another frame to every client. */
  frame(): void;
  /** `POST /v1/tasks/…/kill {"owner":"x"}` */
  readonly changes: string[];
  /** Who asked for each change. */
  readonly callers: string[];
}

const HUMP_AGE_MS = 320_000;

/** The program that caused the hump has ended since. */
function lookAt(at: number, { outside: [program] }: Scene) {
  const belongs_to = program?.belongs_to ?? null;
  return { at, programs: [{ name: 'rustc', processes: 8, mem_bytes: 9 * GIB, cpu_cores: 7.8, belongs_to }] };
}

/** Ten minutes of the host, with a program outside that takes memory in the middle. */
function hostPoint(at: number, now: number, counts: { readonly running: number; readonly pending: number }) {
  const age = (now - at) / 1000;
  const wave = Math.sin(age / 37) + Math.sin(age / 11) / 3;
  const hump = Math.exp(-(((age - HUMP_AGE_MS / 1000) / 70) ** 2));
  return {
    at,
    mem_total_bytes: 32 * GIB,
    mem_reserve_bytes: 8 * GIB,
    mem_ours_bytes: (17 - age / 90 + wave) * GIB,
    mem_outside_bytes: (5.5 + 9 * hump) * GIB,
    cpu_cores: 8 + wave,
    cpu_ours_cores: 6.1 + wave,
    cpu_outside_cores: 2.7 + 6 * hump,
    psi_cpu_pct: 20 + 50 * hump,
    psi_mem_pct: 38 * hump,
    psi_io_pct: 3 + wave + 18 * hump,
    disk_free_bytes: 212 * GIB,
    ...counts,
  };
}

export function fakeDaemon(sceneAt: (now: number) => Scene, log = 'line 1\nline 2\n'): FakeDaemon {
  const clients = new Set<ServerResponse>();
  const changes: string[] = [];
  const callers: string[] = [];
  const frame = (): string => {
    const now = Date.now();
    const { status, running, pending, ended, outside } = sceneAt(now);
    const counts = { running: running.length, pending: pending.length };
    const host = hostPoint(now, now, counts);
    const live = { last_line: null, io_read_bytes_per_s: 1e6, io_write_bytes_per_s: 2e6 };
    const rowOf = (task: TaskView) => ({ ...task, ...live });
    const lists = { running: running.map(rowOf), pending: pending.map(rowOf), ended: ended.map(rowOf) };
    const line = wholeLine({ event: 'frame', at: now, host, status, ...lists, hold: null, outside });
    return `${JSON.stringify(line)}\n`;
  };
  const json = (response: ServerResponse, value: unknown) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  const answer = (request: IncomingMessage, response: ServerResponse, body: string): unknown => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://babysit');
    const now = Date.now();
    const scene = sceneAt(now);
    const [, id, rest] = /^\/v1\/tasks\/(\w{26})(?:\/([\w/]+))?$/.exec(pathname) ?? [];
    const task = [...scene.running, ...scene.pending, ...scene.ended].find((each) => each.id === id);
    if (request.method !== 'GET') {
      changes.push(`${request.method} ${request.url} ${body}`);
      callers.push(decodeURIComponent(String(request.headers[CALLER_HEADER])));
      return json(response, task ?? {});
    }
    if (pathname === '/v1/live') {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write(frame());
      clients.add(response);
      return response.on('close', () => clients.delete(response));
    }
    if (pathname === '/v1/series') {
      const points = Array.from({ length: 600 }, (_, i) =>
        hostPoint(now - 1000 * (600 - i), now, { running: 4, pending: 3 }),
      );
      return json(response, {
        step_ms: 1000,
        fields: Object.keys(points[0] ?? {}),
        points: points.map(Object.values),
      });
    }
    if (pathname === '/v1/outside') return json(response, { points: [lookAt(now - HUMP_AGE_MS, scene)] });
    if (rest === 'series') return json(response, taskSeries(now));
    if (rest === 'log/range') return json(response, { id, name: task?.name, from: 0, to: log.length });
    if (rest === 'log') return response.end(log);
    if (rest === 'events' || pathname === '/v1/events') {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.flushHeaders();
      if (rest === 'events' && task !== undefined)
        for (const line of taskEvents(task, now)) response.write(`${JSON.stringify(line)}\n`);
      return response;
    }
    if (task !== undefined) return json(response, task);
    if (pathname === '/v1/tasks')
      return json(response, { tasks: searchParams.has('before') ? [] : scene.ended, next: null });
    if (pathname === '/v1/history/summary')
      return json(
        response,
        someHistory(scene, now, (searchParams.get('by') ?? 'command') as HistoryView['by']),
      );
    if (pathname === '/v1/config') return json(response, { home: '/h', values: SETTINGS });
    response.writeHead(404, { 'content-type': 'application/problem+json' });
    return response.end(JSON.stringify({ error: 'not_found', detail: 'no such task', hint: 'x' }));
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => answer(request, response, body));
  });
  return {
    server,
    changes,
    callers,
    frame: () => {
      const line = frame();
      for (const client of clients) client.write(line);
    },
  };
}

const SETTINGS = [
  {
    key: 'admission.max_running',
    value: 256,
    source: 'default',
    help: 'Tasks that may run at the same time',
  },
  { key: 'dashboard.idle_timeout', value: '10m', source: 'file', help: 'When the dashboard ends' },
  {
    key: 'notify.targets',
    value: [{ name: 'chat', url: 'https://hooks.example/secret-path' }],
    source: 'file',
    help: 'Commands and webhooks',
  },
];

function taskSeries(now: number) {
  const points = Array.from({ length: 500 }, (_, i) => {
    const grown = Math.min(1, i / 380);
    return [
      now - 1000 * (500 - i),
      (2 + 15 * grown + Math.sin(i / 9)) * GIB,
      3 + Math.sin(i / 13),
      20e6 * (1 + Math.sin(i / 20)),
      5e6 * (1 + Math.cos(i / 31)),
    ];
  });
  const fields = ['at', 'mem_bytes', 'cpu_cores', 'io_read_bytes_per_s', 'io_write_bytes_per_s'];
  return { step_ms: 1000, fields, points };
}

function taskEvents({ id, name }: TaskView, now: number): object[] {
  const of = { id, name };
  const at = (agoS: number) => new Date(now - 1000 * agoS).toISOString();
  return [
    { event: 'started', ...of, at: at(490), attempt: 1, pid: 4712, seq: 1 },
    {
      event: 'runaway_risk',
      ...of,
      at: at(220),
      dim: 'mem',
      estimate: 8 * GIB,
      actual: 8.4 * GIB,
      kill_at: 16 * GIB,
      hint: 'Raise the estimate.',
      suggested_command: `babysit adjust ${name} --estimated_mem_bytes=12G`,
      seq: 2,
    },
  ];
}
