// `run --batch` of ten thousand tasks, each recorded durably, compared with a shell loop of task-spooler's `tsp`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atLeast, type Row, type Run, row } from './support/benchmark.ts';
import { CLI, holdHost, type Product, withProduct } from './support/product.ts';
import { median } from './support/statistics.ts';

export function batch({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    await holdHost(product);
    const rounds = isQuick ? 2 : 5;
    const tasks = isQuick ? 2000 : 10_000;
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(round, rounds);
      const perSecond = runBatch(product, `r${round}`, tasks);
      ours.push(perSecond);
      const spooled = spool(isQuick ? 100 : 500);
      if (spooled !== null) theirs.push(spooled);
    }
    const against = theirs.length === 0 ? null : { what: 'loop of tsp true', value: median(theirs) };
    const ratio = against === null ? null : median(ours) / against.value;
    return [
      row(`run --batch of ${tasks}`, '/s', median(ours), rounds, { against, ratio, aim: atLeast(5000) }),
    ];
  });
}

function runBatch({ scratch, env }: Product, prefix: string, count: number): number {
  const file = join(scratch, `${prefix}.jsonl`);
  const lines = Array.from({ length: count }, (_, i) => `{"name":"${prefix}-${i}","command":"true"}\n`);
  writeFileSync(file, lines.join(''));
  const args = [CLI, 'run', `--batch=${file}`, '--estimated_mem_bytes=16M', '--estimated_cpu_cores=0.1'];
  const start = performance.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, args, {
    env,
    cwd: scratch,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`run --batch ended with ${status}: ${stderr}${stdout.slice(0, 500)}`);
  return count / seconds;
}

/** Returns null when task-spooler is not installed. */
function spool(count: number): number | null {
  if (spawnSync('tsp', ['-V']).error !== undefined) return null;
  const dir = mkdtempSync(join(tmpdir(), 'babysit-bench-tsp-'));
  const env = { ...process.env, TS_SOCKET: join(dir, 'socket'), TMPDIR: dir };
  try {
    // The first call starts the server and is not measured. It blocks the queue, as ours is blocked.
    spawnSync('tsp', ['sleep', '600'], { env });
    const start = performance.now();
    spawnSync('sh', ['-c', `i=0; while [ $i -lt ${count} ]; do tsp true >/dev/null; i=$((i+1)); done`], {
      env,
    });
    return count / ((performance.now() - start) / 1000);
  } finally {
    spawnSync('tsp', ['-k'], { env });
    spawnSync('tsp', ['-K'], { env });
    rmSync(dir, { recursive: true, force: true });
  }
}
