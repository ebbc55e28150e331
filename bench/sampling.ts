// CPU time that the daemon needs for one sampling pass over 200 running tasks.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Aim, atMost, type Row, type Run, row } from './support/benchmark.ts';
import { cpuMs } from './support/proc.ts';
import { type Product, TINY, withProduct } from './support/product.ts';
import { median } from './support/statistics.ts';

const TASKS = 200;
/** An idle daemon only samples its tasks, at this interval. */
const MONITOR_INTERVAL_MS = 1000;
/** Passes in one window. The heartbeats, once a minute, fall into one of twelve windows. */
const WINDOW_PASSES = 5;
/** A group counts as asleep after 30 samples without CPU time. */
const SETTLE_MS = 35_000;

interface Kind {
  readonly what: string;
  readonly command: string;
  readonly aim: Aim | null;
}

const KINDS: readonly Kind[] = [
  { what: 'sleep', command: 'echo begin; exec sleep 3600', aim: atMost(10) },
  {
    // Uses only builtins of bash: a process for each step would add to the load.
    what: 'print a line and use some memory each second',
    command: `exec 3<> <(:); while :; do echo "step $((++i))"; printf -v text '%*s' $((i % 64 * 1024)) ''; read -rt 1 -u 3; done`,
    aim: null,
  },
];

export async function sampling(run: Run): Promise<Row[]> {
  const rows: Row[] = [];
  for (const kind of KINDS) rows.push(await passesOver(kind, run));
  return rows;
}

function passesOver({ what, command, aim }: Kind, { isQuick, progress }: Run): Promise<Row> {
  const settings = { BABYSIT_WATCHDOG_MONITOR_INTERVAL: `${MONITOR_INTERVAL_MS}ms` };
  return withProduct(async (product) => {
    for (let count = 0; count < TASKS; count += 1) {
      progress(count, TASKS);
      await product.api.submit(product.body(command, { ...TINY, force: true }));
    }
    await delay(SETTLE_MS);
    const passMs: number[] = [];
    const bareMs: number[] = [];
    for (let window = 0; window < (isQuick ? 1 : 12); window += 1) {
      const cpu = await cpuMsWithin(product, WINDOW_PASSES * MONITOR_INTERVAL_MS);
      passMs.push(cpu / WINDOW_PASSES);
      bareMs.push(bareReadsMs());
    }
    const name = `sampling pass over ${TASKS} tasks that ${what}, CPU time`;
    const bare = median(bareMs);
    const against = { what: 'of its system calls alone', value: bare };
    return row(name, 'ms', median(passMs), passMs.length, { aim, against, ratio: median(passMs) / bare });
  }, settings);
}

/** CPU time of what a pass asks the kernel for: two counters and the state of a log for each task, at once. */
function bareReadsMs(): number {
  const buffer = Buffer.allocUnsafe(4096);
  const fd = openSync('/proc/self/statm', 'r');
  const before = process.cpuUsage();
  for (let task = 0; task < TASKS; task += 1) {
    readSync(fd, buffer, 0, buffer.length, 0);
    readSync(fd, buffer, 0, buffer.length, 0);
    statSync('/proc/self/no-log', { throwIfNoEntry: false });
  }
  const { user, system } = process.cpuUsage(before);
  closeSync(fd);
  return (user + system) / 1000;
}

async function cpuMsWithin({ daemonPid }: Product, windowMs: number): Promise<number> {
  const before = cpuMs(daemonPid);
  await delay(windowMs);
  return cpuMs(daemonPid) - before;
}
