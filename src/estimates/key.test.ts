import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { commandKey } from './key.ts';

const keyOf = (line: string) => commandKey({ kind: 'shell', line });

describe('the key of a command', () => {
  const rows: readonly [line: string, exact: string, shape: string, subcommand: string][] = [
    [
      'cd /w && FOO=1 timeout 60 python3.11 -u -m pytest tests -q -x -k "a or b" 2>&1 | tail -n 20',
      'pytest tests -q -x -k a or b',
      'pytest tests a or b -k -x',
      'pytest',
    ],
    ['npm run build', 'npm run build', 'npm run build', 'npm run build'],
    ['sudo -u me nice -n 5 make -j8 all', 'make -j8 all', 'make all -j<n>', 'make all'],
    ['uv run --with x pytest t/a.py', 'pytest t/a.py', 'pytest t/a.py', 'pytest'],
    ['npx eslint src --cache', 'eslint src --cache', 'eslint src --cache', 'eslint'],
    ['git -C /repo status -s', 'git -C /repo status -s', 'git /repo status -C', 'git status'],
    ['docker compose up -d', 'docker compose up -d', 'docker compose up -d', 'docker compose up'],
    [
      'python train.py --lr 1e-3 --out /tmp/run.1 --id 2026-01-02',
      'python train.py --lr 1e-3 --out /tmp/run.1 --id 2026-01-02',
      'python train.py <n>e-<n> <tmp> <date> --id --lr --out',
      'python train.py',
    ],
    ['python - <<EOF\nprint(1)\nEOF', 'python -', 'python -', 'python -'],
    [
      'echo one; cat two | grep three',
      'echo one ; cat two ; grep three',
      'echo one ; cat two ; grep three',
      'echo ; cat ; grep',
    ],
    ['bash -lc "cargo test --release"', 'cargo test --release', 'cargo test --release', 'cargo test'],
    ['for i in 1 2; do ./work.sh part$i; done', 'work.sh part$i', 'work.sh part$i', 'work.sh'],
    [
      'git checkout 0a1b2c3d4e && make',
      'git checkout 0a1b2c3d4e ; make',
      'git checkout <hash> ; make',
      'git checkout ; make',
    ],
  ];
  for (const [line, exact, shape, subcommand] of rows)
    it(line, () => assert.deepEqual(keyOf(line), { exact, shape, subcommand }));

  it('of an argv is that of the line', () => {
    assert.deepEqual(commandKey({ kind: 'argv', argv: ['nice', 'make', '-j4'] }), keyOf('nice make -j4'));
    assert.deepEqual(commandKey({ kind: 'argv', argv: ['bash', '-c', 'make -j4'] }), keyOf('make -j4'));
  });

  it('of batch items that differ in a number is one shape', () => {
    const items = [1, 2, 30].map((n) => keyOf(`python work.py --item ${n} > out.${n}`));
    assert.equal(new Set(items.map(({ shape }) => shape)).size, 1);
    assert.equal(new Set(items.map(({ exact }) => exact)).size, 3);
  });

  it('exists for any text and is bounded', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'a -;|&$(){}"\'<\n=') })),
        (line) => {
          const { exact, shape, subcommand } = keyOf(line);
          assert.ok(Math.max(exact.length, shape.length, subcommand.length) <= 2000);
        },
      ),
      { numRuns: 500 },
    );
    const long = keyOf(`make ${'x'.repeat(100_000)}`);
    assert.ok(long.exact.length <= 2000);
  });
});
