// CPU time of babysit top on a busy host, and what the daemon needs more for it.
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { listPids } from '../src/procfs/proc-files.ts';
import { readStat } from '../src/procfs/process/stat.ts';
import { atMost, type Row, type Run, row } from './support/benchmark.ts';
import { cpuMs, cpuPercent, rssMb } from './support/proc.ts';
import { CLI, type Product, TINY, withProduct } from './support/product.ts';

const SIZES = [
  [80, 24],
  [200, 50],
] as const;
/** They print progress each second, with builtins of bash only. */
const RUNNING = 20;
const STEPS = 'exec 3<> <(:); while :; do echo "[$((++i % 400))/400] loss=0.$i"; read -rt 1 -u 3; done';
/** They wait for a task that does not end. */
const PENDING = 20;
/** Interval at which one task starts and one ends. */
const EACH_MS = 1000;
const SHORT_S = 3;
const WARM_MS = 20_000;

export function top(run: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    await fill(product);
    const stop = new AbortController();
    const churning = churn(product, stop.signal);
    const windowMs = run.isQuick ? 30_000 : 120_000;
    const rows: Row[] = [];
    try {
      await delay(WARM_MS);
      for (const [index, size] of SIZES.entries()) {
        run.progress(index, SIZES.length);
        rows.push(...(await measure(product, size, windowMs)));
      }
    } finally {
      stop.abort();
      await churning;
    }
    return rows;
  });
}

async function fill({ api, body }: Product): Promise<void> {
  const named = (kind: string, i: number) => ({ ...TINY, name: `${kind}-${i}`, queue: true });
  for (let i = 0; i < RUNNING; i += 1) await api.submit(body(STEPS, named('train', i)));
  for (let i = 0; i < PENDING; i += 1)
    await api.submit(body('true', { ...named('later', i), after: 'train-0' }));
}

async function churn({ api, body }: Product, signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i += 1) {
    await api.submit(body(`echo done; sleep ${SHORT_S}`, { ...TINY, name: `short-${i}`, force: true }));
    await delay(EACH_MS);
  }
}

async function measure(
  { daemonPid, env }: Product,
  [columns, rows]: readonly [number, number],
  windowMs: number,
): Promise<Row[]> {
  const alone = await cpuPercent(daemonPid, windowMs);
  // The variables let it draw colors and Unicode, as on the terminal of a person.
  const line = `stty cols ${columns} rows ${rows} && exec ${process.execPath} ${CLI} top`;
  const terminal = spawn('script', ['-qec', line, '/dev/null'], {
    env: { ...env, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', NO_COLOR: '' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let bytes = 0;
  terminal.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  try {
    await delay(WARM_MS);
    const pid = topOf(terminal);
    const before = { top: cpuMs(pid), bytes };
    const withTop = await cpuPercent(daemonPid, windowMs);
    const size = `${columns}x${rows}`;
    const samples = windowMs / 1000;
    return [
      row(`top ${size}, CPU`, '%', (100 * (cpuMs(pid) - before.top)) / windowMs, samples, { aim: atMost(2) }),
      row(`top ${size}, CPU of the daemon for it`, '%', withTop - alone, samples, { aim: atMost(1) }),
      row(`top ${size}, output each second`, 'KB', (bytes - before.bytes) / windowMs, samples),
      row(`top ${size}, RSS`, 'MB', rssMb(pid), 1),
    ];
  } finally {
    terminal.kill('SIGTERM');
  }
}

/** The process that the shell of the terminal became. */
function topOf({ pid }: ChildProcess): number {
  const found = listPids().find((other) => readStat(other)?.ppid === pid);
  if (found === undefined) throw new Error('babysit top does not run');
  return found;
}
