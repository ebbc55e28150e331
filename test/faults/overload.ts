// Overloads a small host: tasks that grow together from below their estimates to their caps, beside a program outside that
// must stay responsive. Long and run by hand:
//   node test/faults/overload.ts [--host=8G] [--outside=1G] [--tasks=20] [--estimate=200M] [--rate=1G] [--watch=90s]
//     [--unit] [--json]
// A memory group of v1 stands for the host; on cgroup v2 it is the machine itself (a guest), and --host is ignored.
// `--rate`: bytes a second of all tasks together. `--unit`: each task is a unit of systemd.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { parseDuration } from '../../src/units/duration.ts';
import { parseSize } from '../../src/units/size.ts';
import { daemonApi } from '../support/daemon-api.ts';
import { expectedDriver } from '../support/expected-driver.ts';
import { testHome } from '../support/home.ts';
import { pass, waitUntil } from '../support/wait-until.ts';
import { findingsOf, type TaskResult } from './overload/findings.ts';
import { type Growth, grower } from './overload/grower.ts';
import { smallHost } from './overload/host.ts';
import { startInteractive } from './overload/interactive.ts';

/** Where other work shares the machine, tasks with the default weight cannot grow at the rate. */
const HEAVY = { envelope: { cpu_weight: 1000, nice: 0 } };
const WITHIN = 3;
const SMALL_BYTES = 64 * 1024 ** 2;
const TIME = '10m';
const START_MS = 300_000;
const LOOK_MS = 500;
/** The echo before the growth shows what other work on the machine costs it. */
const IDLE_MS = 10_000;

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '8G' },
    outside: { type: 'string', default: '1G' },
    tasks: { type: 'string', default: '20' },
    estimate: { type: 'string', default: '200M' },
    rate: { type: 'string', default: '1G' },
    watch: { type: 'string', default: '90s' },
    unit: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
process.exitCode = await main();

async function main(): Promise<number> {
  const cleanups: (() => void | Promise<void>)[] = [];
  const later = { after: (clean: () => void | Promise<void>) => void cleanups.push(clean) };
  try {
    return await overload(later);
  } finally {
    for (const clean of cleanups.reverse()) await clean();
  }
}

async function overload(later: { after(clean: () => void | Promise<void>): void }): Promise<number> {
  const count = Number(values.tasks);
  const estimate = parseSize(values.estimate, 'estimate');
  const isV1 = expectedDriver() === 'v1';
  const host = smallHost(isV1 ? parseSize(values.host, 'host') : null, later);
  const home = testHome(later, isV1 ? HEAVY : {});
  const started = await home.run(['daemon-start']);
  if (started.code !== 0) throw new Error(started.stderr);
  const interactive = await startInteractive(parseSize(values.outside, 'outside'));
  later.after(() => interactive.stop());
  const api = daemonApi(home, {
    estimated_mem_bytes: String(estimate),
    estimated_time: TIME,
    estimated_cpu_cores: String(Math.floor((100 * cpus().length) / (count + WITHIN)) / 100),
    ...(values.unit ? { driver: 'systemd' } : {}),
  });
  const growth = (name: string, to: number): Growth => ({
    ...{ name, toBytes: to, bytesPerS: parseSize(values.rate, 'rate') / count, go: `${home.work}/go` },
  });
  const within = Array.from({ length: WITHIN }, (_, n) => growth(`within${n}`, 0.75 * SMALL_BYTES));
  const growers = Array.from({ length: count }, (_, n) => growth(`grower${n}`, 4 * estimate));
  const admitted: string[] = [];
  for (const one of [...within, ...growers]) {
    try {
      const isSmall = within.includes(one);
      await api.run(one.name, grower(one), isSmall ? { estimated_mem_bytes: String(SMALL_BYTES) } : {});
      admitted.push(one.name);
    } catch (error) {
      process.stderr.write(`${one.name}: ${(error as Error).message.slice(0, 200)}\n`);
    }
  }
  const isReady = async () =>
    (await Promise.all(admitted.map((name) => api.log(name).catch(() => '')))).every((log) =>
      log.includes('ready'),
    );
  await waitUntil(isReady, { what: 'all tasks', deadlineMs: START_MS });
  interactive.reset();
  await pass(IDLE_MS);
  const quiet = interactive.result();
  const before = host.look();
  interactive.reset();
  writeFileSync(`${home.work}/go`, '');
  const results = new Map<string, TaskResult>();
  let leastAvailableBytes = Number.POSITIVE_INFINITY;
  let fastestBytesPerS = 0;
  let last = { availableBytes: before.availableBytes, atMs: performance.now() };
  for (
    const end = performance.now() + parseDuration(values.watch, 'watch');
    performance.now() < end;
    await pass(LOOK_MS)
  ) {
    const tasks = await Promise.all(admitted.map((name) => api.task(name)));
    for (const task of tasks) {
      const before = results.get(task.name);
      const wasHeld = before?.wasHeld === true || (task.held_at ?? null) !== null;
      results.set(task.name, { task, wasHeld, estimateBytes: task.estimated_mem_bytes });
    }
    const now = { availableBytes: host.look().availableBytes, atMs: performance.now() };
    leastAvailableBytes = Math.min(leastAvailableBytes, now.availableBytes);
    const taken = last.availableBytes - now.availableBytes;
    fastestBytesPerS = Math.max(fastestBytesPerS, (1000 * taken) / (now.atMs - last.atMs));
    last = now;
  }
  const findings = findingsOf({
    driver: values.unit ? 'systemd' : (expectedDriver() ?? 'not known'),
    hostBytes: host.bytes,
    results: [...results.values()],
    refused: WITHIN + count - admitted.length,
    fastestBytesPerS,
    leastAvailableBytes,
    quiet,
    outside: interactive.result(),
    oomAbove: host.oomKillsAbove(),
    limitHits: host.look().limitHits - before.limitHits,
  });
  process.stdout.write(values.json ? `${JSON.stringify(findings)}\n` : `${findings.text}\n`);
  return findings.broken.length === 0 ? 0 : 1;
}
