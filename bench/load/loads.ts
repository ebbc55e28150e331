// The loads under which the daemon must stay responsive. Each starts on a daemon of its own and returns its end.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { send } from '../../cli/client/http.ts';
import { holdHost, type Product, TINY } from '../support/product.ts';

export interface Load {
  readonly what: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Measured from here on. */
  start(product: Product, isQuick: boolean): Promise<Stop>;
  /** What stands before: not measured. */
  prepare?(product: Product, isQuick: boolean): Promise<void>;
}

export type Stop = () => Promise<void>;

const BATCH = 1000;
const MANY = { BABYSIT_ADMISSION_MAX_PENDING: '200000', BABYSIT_ADMISSION_MAX_RUNNING: '1000' } as const;
/** Bursts at 1 MB/s, more than any reader needs. */
const PRINTER = `exec 3<> <(:); printf -v text '%4000s' x; while :; do for i in {1..50}; do echo "step $((++n)) $text"; done; read -rt 0.2 -u 3; done`;
/** Looks like progress without an end of line. */
const HOSTILE = `yes '12% 3/4 [====>    ] 1.5MB/s eta 00:03 ' | tr -d '\\n'`;

export const LOADS: Readonly<Record<string, Load>> = {
  'load-clients': { what: '2 000 clients that wait', prepare: queueOf(50), start: waitingClients(2000) },
  'load-filling': { what: 'filling the queue', settings: MANY, prepare: holdHost, start: submitting },
  'load-pending': {
    what: '100 000 pending, tasks start and end',
    settings: MANY,
    prepare: queueOf(100_000),
    start: useQueue,
  },
  'load-listed': { what: '100 000 listed', settings: MANY, prepare: queueOf(100_000), start: listing(2) },
  'load-running': {
    what: '500 running',
    settings: MANY,
    prepare: running(500),
    start: async () => async () => {},
  },
  'load-followers': {
    what: '100 followers of 1 MB/s',
    prepare: talker('talker', PRINTER),
    start: followers(100),
  },
  'load-hostile': { what: '20 tasks with hostile lines', start: hostile(20) },
};

function queueOf(count: number) {
  return async (product: Product, isQuick: boolean): Promise<void> => {
    await holdHost(product);
    const most = isQuick ? Math.min(count, 10_000) : count;
    for (let from = 0; from < most; from += BATCH) await fill(product, Math.min(BATCH, most - from));
  };
}

async function fill({ api, body }: Product, count: number): Promise<void> {
  const { caller, ...request } = body('true', { ...TINY, queue: true });
  await api.batch({ caller, lines: Array.from({ length: count }, () => request) });
}

/** Repeats `step` on `width` lanes until the end. */
function lanes(width: number, step: () => Promise<unknown>): Stop {
  let isOver = false;
  const lane = async () => {
    while (!isOver) await step();
  };
  const all = Promise.all(Array.from({ length: width }, lane));
  return async () => {
    isOver = true;
    await all;
  };
}

/** Reads and drops what comes. Waits while the backlog is full. */
async function open(path: string): Promise<Socket> {
  for (;;) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket.on('error', () => {}).resume();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await delay(1);
    }
  }
}

function waitingClients(count: number): Load['start'] {
  return async (product) => {
    const { api, body, home } = product;
    const path = `${home}/daemon.sock`;
    const rows = (await list(path, 'limit=50')).tasks as { id: string }[];
    const ids = rows.map(({ id }) => id);
    const sockets: Socket[] = [];
    while (sockets.length < count) {
      const socket = await open(path);
      const id = ids[sockets.length % ids.length];
      socket.write(`GET /v1/tasks/${id}/events?waiting=1&progress=1 HTTP/1.1\r\nhost: babysit\r\n\r\n`);
      sockets.push(socket);
    }
    const churn = lanes(1, async () => {
      await api.submit(body('true', { ...TINY, queue: true }));
      await delay(200);
    });
    return async () => {
      await churn();
      for (const socket of sockets) socket.destroy();
    };
  };
}

async function submitting(product: Product): Promise<Stop> {
  const batches = lanes(1, () => fill(product, BATCH));
  const single = lanes(4, () => product.api.submit(product.body('true', { ...TINY, queue: true })));
  return async () => {
    await Promise.all([batches(), single()]);
  };
}

/** Short tasks that pass the others, a ticket, and what people ask for. */
async function useQueue({ api, body, home, env }: Product): Promise<Stop> {
  const path = `${home}/daemon.sock`;
  const tasks = lanes(2, async () => {
    const { id } = await api.submit(body('sleep 0.1', { ...TINY, force: true }));
    await api.ended(id);
  });
  const abort = new AbortController();
  const ticket = send(path, {
    ...{ method: 'POST', path: '/v1/tickets', timeoutMs: 60_000, signal: abort.signal, onData: () => {} },
    body: {
      mem_bytes: '16M',
      cpu_cores: availableParallelism(),
      lease_ttl: '1m',
      project: env.HOME ?? '/',
      owner: 'ticket',
    },
  }).catch(() => {});
  const looks = lanes(1, async () => {
    for (const what of ['/v1/status', '/v1/tasks?limit=50'])
      await send(path, { method: 'GET', path: what, timeoutMs: 60_000 });
    await delay(500);
  });
  return async () => {
    abort.abort();
    await Promise.all([tasks(), looks(), ticket]);
  };
}

function listing(width: number): Load['start'] {
  return async ({ home }) =>
    lanes(width, async () => {
      let before = '';
      for (;;) {
        const { next } = await list(`${home}/daemon.sock`, `all=1${before}`);
        if (typeof next !== 'string') return;
        before = `&before=${next}`;
      }
    });
}

async function list(socket: string, query: string): Promise<Record<string, unknown>> {
  const answer = await send(socket, { method: 'GET', path: `/v1/tasks?${query}`, timeoutMs: 60_000 });
  if (answer.status !== 200) throw new Error(answer.text);
  return JSON.parse(answer.text);
}

function running(count: number) {
  return async ({ api, body }: Product, isQuick: boolean): Promise<void> => {
    const request = (index: number) =>
      body(index % 10 === 0 ? PRINTER.replace('0.2', '1').replace('{1..50}', '1') : 'exec sleep 3600', {
        ...TINY,
        force: true,
      });
    for (let index = 0; index < (isQuick ? count / 5 : count); index += 1) await api.submit(request(index));
  };
}

function talker(name: string, command: string) {
  return async ({ api, body }: Product): Promise<void> => {
    await api.submit(body(command, { name, force: true }));
  };
}

function followers(count: number): Load['start'] {
  return async ({ home }) => {
    const sockets: Socket[] = [];
    for (; sockets.length < count; ) {
      const socket = await open(`${home}/daemon.sock`);
      socket.write('GET /v1/tasks/talker/log?tail=10&follow=1 HTTP/1.1\r\nhost: babysit\r\n\r\n');
      sockets.push(socket);
    }
    return async () => {
      for (const socket of sockets) socket.destroy();
    };
  };
}

function hostile(count: number): Load['start'] {
  return async (product) => {
    for (let index = 0; index < count; index += 1) await talker(`hostile-${index}`, HOSTILE)(product);
    return async () => {};
  };
}
