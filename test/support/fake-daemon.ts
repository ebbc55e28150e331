// A socket that answers like a daemon with a busy host, so that the dashboard is tested without one.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { StatusView } from '../../src/api/schemas/status.ts';
import type { BlockedView, TaskView } from '../../src/api/schemas/task.ts';
import type { Task, TaskState } from '../../src/core/task.ts';
import { taskView } from '../../src/service/views/task-view.ts';
import {
  aKill,
  anAttempt,
  anEnvelope,
  anEstimate,
  aTask,
  ENDED,
  GIB,
  MIB,
  someUsage,
  taskId,
} from './build-task.ts';
import { EXAMPLES } from './example-kills.ts';

const MINUTE = 60_000;

export interface Scene {
  readonly now: number;
  readonly running: TaskView[];
  readonly pending: TaskView[];
  readonly ended: TaskView[];
  readonly outside: StatusView['host']['outside'];
  readonly status: StatusView;
}

export interface FakeDaemon {
  readonly server: Server;
  /** Sends another frame to every client. */
  frame(): void;
  /** `POST /v1/tasks/…/kill {"owner":"x"}` */
  readonly changes: string[];
}

interface Shown {
  readonly task?: Partial<Task>;
  readonly live?: { memBytes: number; cpuCores: number; silentMs: number };
  readonly waiting?: BlockedView;
  readonly pct?: number;
  readonly etaS?: number;
  readonly cap?: number;
}

/** `mark` is added to every text that a caller or another program controls. */
export function busyScene(now: number, mark = ''): Scene {
  const view = (n: number, name: string, state: TaskState, shown: Shown = {}): TaskView => {
    const { live = null, waiting = null, pct, etaS } = shown;
    const task = aTask({
      id: taskId(n),
      name,
      owner: `agent-${n % 3}${mark}`,
      project: `/home/ada/projects/service-${n % 2}${mark}`,
      command: { kind: 'shell', line: `make -C services/${name} test JOBS=4 ${mark}` } as Task['command'],
      tags: [`nightly${mark}`],
      state,
      submittedAt: now - 9 * MINUTE,
      ...shown.task,
    });
    return taskView(task, {
      nowMs: now,
      live: live === null ? null : { ...live, peakMemBytes: live.memBytes },
      progress:
        pct === undefined
          ? null
          : {
              done: Math.round(pct * 4.2),
              total: 420,
              pct,
              phase: `unit tests${mark}`,
              failed: null,
              eta_s: etaS ?? null,
              note: `loss=0.12${mark}`,
              source: 'output',
            },
      waiters: 1,
      children: [],
      waiting,
      logPath: null,
      most: { memBytes: 32 * GIB, cpuCores: 16 },
    });
  };
  const running = (startedMin: number, memMaxBytes: number): TaskState => ({
    status: 'running',
    attempt: anAttempt({ startedAt: now - startedMin * MINUTE, envelope: anEnvelope({ memMaxBytes }) }),
  });
  const waits = (position: number, inMin: number, changes: Partial<BlockedView> = {}): BlockedView => ({
    dim: 'mem',
    requested: 8 * GIB,
    available: 3.2 * GIB,
    limit: 22 * GIB,
    short_by: 4.8 * GIB,
    blocked_by: [`train-resnet${mark}`, `bench-io${mark}`],
    owners: [`agent-1${mark}`],
    position,
    expected_start: new Date(now + inMin * MINUTE).toISOString(),
    latest_start: new Date(now + 1.7 * inMin * MINUTE).toISOString(),
    ...changes,
  });
  const pending: TaskState = { status: 'pending', waitsFor: [], notBefore: null };
  const estimate = (minutes: number, gib: number, cpuCores: number) => ({
    estimate: anEstimate({ timeMs: minutes * MINUTE, memBytes: gib * GIB, cpuCores }),
  });
  const killed = (reason: 'mem_exceeded' | 'observability_stall', endedMin: number): TaskState => ({
    ...ENDED.killed,
    attempt: anAttempt({ startedAt: now - 30 * MINUTE }),
    endedAt: now - endedMin * MINUTE,
    kill: aKill({
      reason,
      detail: {
        ...EXAMPLES[reason],
        ...(mark === '' ? {} : { last_line: mark, diagnosis: `stdin: ${mark}` }),
      },
    }),
    usage: someUsage({ peakMemBytes: 9.4 * GIB }),
  });
  const scene = {
    running: [
      view(41, 'train-resnet', running(18, 24 * GIB), {
        task: {
          ...estimate(25, 8, 4),
          limits: {
            killTimeoutMs: 50 * MINUTE,
            observabilityMs: 5 * MINUTE,
            isStrict: false,
            memPctLimit: 40,
            cpuPctLimit: 90,
          },
        },
        live: { memBytes: 17.2 * GIB, cpuCores: 3.8, silentMs: 2_000 },
        pct: 71,
        etaS: 440,
      }),
      view(42, 'bench-io', running(6, 6 * GIB), {
        task: estimate(10, 2, 2),
        live: { memBytes: 1.3 * GIB, cpuCores: 0.4, silentMs: 270_000 },
      }),
      view(43, 'unit-tests', running(2, 3 * GIB), {
        task: estimate(5, 1, 2),
        live: { memBytes: 610 * MIB, cpuCores: 1.9, silentMs: 400 },
        pct: 42.5,
        etaS: 165,
      }),
      view(
        44,
        'docs-site',
        { status: 'paused', attempt: anAttempt({ startedAt: now - 4 * MINUTE }), pausedAt: now - MINUTE },
        { task: estimate(8, 1, 1), live: { memBytes: 300 * MIB, cpuCores: 0, silentMs: 60_000 } },
      ),
    ],
    pending: [
      view(51, 'train-bert', pending, { task: estimate(40, 8, 4), waiting: waits(1, 7) }),
      view(52, 'integration', pending, {
        task: { ...estimate(12, 4, 2), priority: 10 },
        waiting: waits(2, 9, { dim: 'cpu', requested: 2, available: 0.5, blocked_by: [`unit-tests${mark}`] }),
      }),
      view(53, 'package', pending, {
        task: estimate(3, 1, 1),
        waiting: waits(3, 21, { dim: 'after', blocked_by: [`integration${mark}`] }),
      }),
    ],
    ended: [
      view(31, 'etl-night', killed('mem_exceeded', 3), { task: estimate(20, 4, 2) }),
      view(32, 'crawl', killed('observability_stall', 8), { task: estimate(20, 4, 2) }),
      view(
        33,
        'lint',
        {
          ...ENDED.completed,
          attempt: anAttempt({ startedAt: now - 13 * MINUTE }),
          endedAt: now - 11 * MINUTE,
        },
        { task: estimate(2, 1, 1) },
      ),
      view(
        34,
        'typecheck',
        { ...ENDED.failed, attempt: anAttempt({ startedAt: now - 15 * MINUTE }), endedAt: now - 14 * MINUTE },
        { task: estimate(2, 1, 1) },
      ),
    ],
    outside: [
      {
        name: `cc1plus${mark}`,
        processes: 9,
        mem_bytes: 4.1 * GIB,
        cpu_cores: 2.4,
        belongs_to: `claude 7f3a${mark}`,
      },
      { name: 'firefox', processes: 12, mem_bytes: 3.3 * GIB, cpu_cores: 0.3, belongs_to: null },
      { name: 'postgres', processes: 7, mem_bytes: 1.1 * GIB, cpu_cores: 0.1, belongs_to: 'pts/3' },
    ],
  };
  return { now, ...scene, status: statusOf(scene, mark) };
}

function statusOf({ outside, running, pending }: Omit<Scene, 'now' | 'status'>, mark: string): StatusView {
  return {
    host: {
      hostname: `forge${mark}`,
      cores: 16,
      mem_total_bytes: 32 * GIB,
      mem_available_bytes: 11 * GIB,
      stalled: { memory_full_pct: 1.2, cpu_some_pct: 31, io_full_pct: 3 },
      outside,
    },
    daemon: {
      pid: 4711,
      version: '0.1.0',
      started_at: '2026-11-28T08:00:00.000Z',
      driver: 'v2',
      not_enforced: [],
      home: '/home/ada/.local/state/babysit',
      node: 'v24.0.0',
    },
    capacity: {
      mem_limit_bytes: 22 * GIB,
      mem_outside_bytes: 8.5 * GIB,
      mem_running_bytes: 19 * GIB,
      mem_pending_bytes: 13 * GIB,
      mem_leased_bytes: 0,
      mem_available_bytes: 3.2 * GIB,
      cpu_limit_cores: 14,
      cpu_outside_cores: 3,
      cpu_reserved_cores: 10.5,
      cpu_available_cores: 0.5,
    },
    tasks: { running: running.length - 1, paused: 1, pending: pending.length, tickets: 0 },
    profile: 'normal',
    pressure: [],
    holds: [],
    running: [],
    leases: [],
    notices: mark === '' ? [] : [{ what: `what${mark}`, reason: `reason${mark}`, fix: `fix${mark}` }],
    queue: [],
  };
}

/** Ten minutes of the host, with a program outside that takes memory in the middle. */
function hostPoint(at: number, now: number, counts: { readonly running: number; readonly pending: number }) {
  const age = (now - at) / 1000;
  const wave = Math.sin(age / 37) + Math.sin(age / 11) / 3;
  const hump = Math.exp(-(((age - 320) / 70) ** 2));
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
  const frame = (): string => {
    const now = Date.now();
    const { status, running, pending, ended, outside } = sceneAt(now);
    const counts = { running: running.length, pending: pending.length };
    const host = hostPoint(now, now, counts);
    return `${JSON.stringify({ event: 'frame', at: now, host, status, running, pending, ended, hold: null, outside })}\n`;
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
