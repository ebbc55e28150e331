// Wall time of `babysit run` with a running daemon, compared with `node -e 0` of the same Node.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { atMost, type Row, type Run, row } from './support/benchmark.ts';
import { assertCompleted, CLI, LAUNCHER, type Product, SMALL, withProduct } from './support/product.ts';
import { median, p95 } from './support/statistics.ts';

const RUN = ['run', ...Object.entries(SMALL).map(([flag, value]) => `--${flag}=${value}`), '--json', 'true'];

export function cliRun({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    const rounds = isQuick ? 10 : 60;
    const bare: number[] = [];
    const direct: number[] = [];
    const installed: number[] = [];
    const inCheckout: number[] = [];
    const launcher = install(product);
    for (let round = 0; round < rounds; round += 1) {
      progress(round, rounds);
      bare.push(time(process.execPath, ['-e', '0'], product).ms);
      direct.push(await timeRun(process.execPath, [CLI, ...RUN], product));
      installed.push(await timeRun(launcher, RUN, product));
      inCheckout.push(await timeRun(LAUNCHER, RUN, product));
    }
    const against = { what: 'node -e 0', value: median(bare) };
    const tail = { what: 'node -e 0 p95', value: p95(bare) };
    const versus = (name: string, ours: number, base: typeof against, aim: Row['aim']): Row =>
      row(name, 'ms', ours, rounds, { against: base, ratio: ours / base.value, aim });
    return [
      versus('babysit run', median(installed), against, atMost(1.6, 'ratio')),
      versus('node dist/cli.cjs run', median(direct), against, atMost(1.6, 'ratio')),
      versus('./babysit run, in a checkout', median(inCheckout), against, null),
      versus('babysit run p95', p95(installed), tail, null),
    ];
  });
}

/** The layout of the npm package: the launcher next to `dist`, without sources. */
function install({ scratch }: Product): string {
  const dir = join(scratch, 'babysit');
  mkdirSync(dir);
  symlinkSync(dirname(CLI), join(dir, 'dist'));
  const launcher = join(dir, 'babysit');
  copyFileSync(LAUNCHER, launcher);
  return launcher;
}

/** Waits for the end of the task, so that it does not overlap the next sample. */
async function timeRun(program: string, args: readonly string[], product: Product): Promise<number> {
  const { ms, stdout } = time(program, args, product);
  const { id } = JSON.parse(stdout) as { id: string };
  assertCompleted(await product.api.ended(id), product);
  return ms;
}

function time(program: string, args: readonly string[], { env }: Product): { ms: number; stdout: string } {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
  const ms = performance.now() - start;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return { ms, stdout };
}
