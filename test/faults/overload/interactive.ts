// A program outside of all tasks that a user works with: it holds memory, and asks a shell for an echo each 50 ms.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface InteractiveResult {
  readonly isAlive: boolean;
  readonly echoes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

export interface Interactive {
  /** Forgets the echoes so far. */
  reset(): void;
  result(): InteractiveResult;
  stop(): void;
}

const EVERY_MS = 50;
const PAGE_BYTES = 4096;
/** Of its memory at each echo, so that pages which the kernel took count. */
const PAGES_USED = 256;

export async function startInteractive(bytes: number): Promise<Interactive> {
  const memory = Buffer.alloc(bytes, 1);
  const shell = spawn('sh', ['-c', 'while read -r line; do echo "$line"; done'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(shell, 'spawn');
  shell.stdout.setEncoding('utf8');
  let latencies: number[] = [];
  /** When each echo was due, in order. */
  let due: number[] = [];
  let page = 0;
  shell.stdout.on('data', (text: string) => {
    for (const _ of text.matchAll(/\n/g)) {
      const dueAt = due.shift();
      if (dueAt !== undefined) latencies.push(performance.now() - dueAt);
    }
  });
  let nextMs = performance.now() + EVERY_MS;
  const timer = setInterval(() => {
    for (let n = 0; n < PAGES_USED; n += 1) {
      page = (page + 7919) % Math.floor(bytes / PAGE_BYTES);
      memory[page * PAGE_BYTES] = n;
    }
    // After a delay only one echo is late, not each that was missed.
    due.push(Math.max(nextMs, performance.now() - 60_000));
    nextMs = performance.now() + EVERY_MS;
    shell.stdin.write('x\n');
  }, EVERY_MS);
  return {
    reset() {
      latencies = [];
      due = due.slice(0, 0);
    },
    result() {
      const sorted = [...latencies, ...due.map((at) => performance.now() - at)].sort((a, b) => a - b);
      const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN);
      const isAlive = shell.exitCode === null && shell.signalCode === null;
      return { isAlive, echoes: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), worstMs: at(1) };
    },
    stop() {
      clearInterval(timer);
      shell.kill('SIGKILL');
    },
  };
}
