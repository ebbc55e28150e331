// babysit exec beside the bare command, other ways to queue or wrap one, and the throughput of its relay beside cat.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { atMost, type Row, type Run, row } from './support/benchmark.ts';
import { LAUNCHER, type Product, SMALL, withProduct } from './support/product.ts';
import { median } from './support/statistics.ts';

const EXEC = [
  LAUNCHER,
  'exec',
  '--quiet',
  ...Object.entries(SMALL).map(([flag, value]) => `--${flag}=${value}`),
  '--',
];
const BYTES = 1024 ** 3;

export function exec({ isQuick, progress }: Run): Promise<Row[]> {
  return withProduct(async (product) => {
    const rounds = isQuick ? 10 : 60;
    const ways: Record<string, readonly string[]> = {
      'babysit exec -- true': [...EXEC, 'true'],
      'node -e 0': [process.execPath, '-e', '0'],
      true: ['true'],
      ...(has('tsp') ? { 'tsp -f true': ['tsp', '-f', 'true'] } : {}),
      ...(existsSync('/run/systemd/system')
        ? { 'systemd-run --pipe --wait true': ['systemd-run', '--quiet', '--pipe', '--wait', 'true'] }
        : {}),
    };
    const times = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round += 1) {
      progress(round, rounds);
      for (const [name, words] of Object.entries(ways)) times.get(name)?.push(time(words, product));
    }
    const of = (name: string) => median(times.get(name) ?? []);
    const node = of('node -e 0');
    const started = Object.keys(ways).map((name) =>
      row(name, 'ms', of(name), rounds, {
        against: { what: 'node -e 0', value: node },
        ratio: of(name) / node,
        aim: name.startsWith('babysit') ? atMost(1.8, 'ratio') : null,
      }),
    );
    const cat = rate('head -c "$1" /dev/zero | cat | cat >/dev/null', [], product);
    const output = rate('n=$1; shift; "$@" head -c "$n" /dev/zero | cat >/dev/null', EXEC, product);
    const both = rate('n=$1; shift; head -c "$n" /dev/zero | "$@" cat >/dev/null', EXEC, product);
    const against = { what: 'cat | cat', value: cat };
    return [
      ...started,
      row('output of babysit exec', 'MB/s', output, 3, { against, ratio: output / cat }),
      row('input and output of babysit exec', 'MB/s', both, 3, { against, ratio: both / cat }),
    ];
  });
}

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

function time([program = '', ...args]: readonly string[], { env }: Product): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ms = performance.now() - start;
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return ms;
}

/** MB/s of the fastest of three runs through a pipe. */
function rate(line: string, words: readonly string[], product: Product): number {
  const times = [1, 2, 3].map(() => time(['bash', '-c', line, 'rate', String(BYTES), ...words], product));
  return BYTES / 1e3 / Math.min(...times);
}
