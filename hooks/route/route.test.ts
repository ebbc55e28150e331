// Which commands the shipped rules call heavy, the line through babysit, and the rule files.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { MODES, mergeRules, readRuleFile, SHIPPED } from '../../cli/agents/heavy/rules.ts';
import { decide } from '../decide.ts';
import { findRoute } from './route.ts';

const options = { rules: SHIPPED, mode: 'advise', isBackground: false } as const;
const through = (command: string) => findRoute(command, options)?.command;

const HEAVY = [
  'cargo build',
  'cargo build --release && cargo test',
  'RUSTFLAGS="-C x" cargo build 2>&1 | tail -20',
  'cd app && npm run build',
  'npm test',
  'npm t',
  'npm run test:unit',
  'pnpm -r build',
  'pnpm build',
  'yarn build',
  'yarn test --coverage',
  'bun test',
  'make',
  'make -j8',
  'make all',
  'make test',
  'make -C src -j4',
  'cmake --build build -j',
  'cmake -B build && cmake --build build',
  'ninja -C out',
  'bazel build //...',
  './gradlew build',
  './gradlew assembleDebug',
  'gradle test',
  'mvn -q package',
  './mvnw verify',
  'go test ./...',
  'go build ./...',
  'go test -race ./pkg/...',
  'npx jest',
  'jest --coverage',
  'npx vitest run',
  'npx playwright test',
  'pytest',
  'pytest -q',
  'pytest tests/',
  'python -m pytest -x',
  'uv run pytest',
  'poetry run pytest tests',
  'tox',
  'nox -s tests',
  'docker build -t x .',
  'docker buildx build .',
  'docker compose build',
  'docker compose up -d --build',
  'torchrun --nproc_per_node=2 train.py',
  'accelerate launch train.py',
  'python train.py --lr 1',
  'python3 -u scripts/train_model.py',
  'python scripts/finetune.py',
  'nohup cargo build > b.log 2>&1 &',
  'nohup python train.py > t.log 2>&1 & echo $!',
  'setsid make -j4 &',
  'make -j4 & disown',
  '(cargo test &)',
  'npm run build &',
  'npm run build & npm run dev',
  'bash -c "cargo build && cargo test"',
  'time cargo test',
  'timeout 600 npm test',
  'exec make',
  'turbo run build',
  'npx nx run-many -t build',
  'next build',
  'vite build',
  'ctest',
  'dotnet build',
  'swift build',
  'set -e; cargo fmt; cargo clippy --all-targets',
  'for d in a b; do (cd $d && npm test); done',
  'env CI=1 npm test',
];

const LIGHT = [
  'cargo check -p x',
  'cargo test -p core foo',
  'cargo fmt',
  'cargo add serde',
  'cargo --version',
  'cargo run',
  'make clean',
  'make lint',
  'make dev',
  'make -n',
  'make help',
  'ninja -t targets',
  'cmake -B build',
  './gradlew tasks',
  'gradle bootRun',
  'mvn -Dtest=A test',
  'mvn --version',
  'go test ./pkg/a',
  'go build',
  'go test -run X ./...',
  'go vet',
  'go mod tidy',
  'npm install',
  'npm ci',
  'npm run dev',
  'npm start',
  'npm run lint',
  'npm test -- src/a.test.ts',
  'yarn dev',
  'yarn add x',
  'pnpm install',
  'bun run dev',
  'npx jest src/a.test.ts',
  'vitest run src/a.spec.ts',
  'npx playwright test e2e/a.spec.ts',
  'npx playwright install',
  'pytest tests/test_a.py::b',
  'pytest tests/test_a.py',
  'pytest tests/test_a.py -q',
  'pytest --collect-only',
  'python -m pytest tests/test_a.py::test_b',
  'python -m http.server',
  'python app.py',
  'python -c "print(1)"',
  'python manage.py runserver',
  'docker ps',
  'docker run -it x',
  'docker compose up -d',
  'git commit -m "make it fast"',
  'echo cargo build',
  'grep -rn "npm test" .',
  'ls -la',
  'vite',
  'next dev',
  'node server.js',
  'babysit run --name=x -- cargo build',
  'babysit exec -- cargo build',
  'babysit run --name=t --command="cargo build && cargo test"',
  'ssh host make',
  'docker exec dev cargo build',
  'which cargo',
  'command -v make',
  'cat Makefile',
  'tsc --noEmit',
  'npx tsc --noEmit',
  'uv pip install x',
  'poetry install',
  'training.sh',
  'python -m venv v',
  'cd make && ls',
  'go run main.go',
  'terraform plan',
];

/** [typed, through babysit]. */
const LINES: readonly (readonly [string, string])[] = [
  ['cd app && npm run build 2>&1 | tail -5', 'cd app && babysit exec -- npm run build 2>&1 | tail -5'],
  ['RUSTFLAGS="-C x" cargo build', 'RUSTFLAGS="-C x" babysit exec -- cargo build'],
  ['time cargo test', 'time babysit exec -- cargo test'],
  ['timeout 600 npm test', 'babysit exec -- timeout 600 npm test'],
  ['exec make', 'exec babysit exec -- make'],
  ["bash -c 'make && make test'", "bash -c 'babysit exec -- make && babysit exec -- make test'"],
  ['npm run build & npm run lint & wait', 'babysit exec -- npm run build & npm run lint & wait'],
  ['nohup make > log 2>&1 &', "babysit run --name=make --command='make > log 2>&1'"],
  [
    'nohup python train.py > t.log 2>&1 & echo $!',
    "babysit run --name=python-train-py --command='python train.py > t.log 2>&1'; echo $!",
  ],
  ['setsid cargo test &', "babysit run --name=cargo-test --command='cargo test'"],
  ['cd a && (npm test &)', "cd a && (babysit run --name=npm-test --command='npm test')"],
  ['bash -c "nohup cargo build" &', `babysit run --name=cargo-build --command='bash -c "nohup cargo build"'`],
  ['cd app && tmux new -d "cargo build"', "babysit run --name=cargo-build --command='cd app && cargo build'"],
  [
    'cd app && CI=1 tmux new -d "make; make test" && echo ok',
    "babysit run --name=make --command='cd app && CI=1 bash -c '\\''make; make test'\\'' && echo ok'",
  ],
  ['tmux new -d "make; make test"', "babysit run --name=make --command='make; make test'"],
  ['echo "cargo build" | at now', "babysit run --name=cargo-build --command='cargo build'"],
];

describe('the shipped rules', () => {
  it('know heavy commands', () => {
    for (const command of HEAVY) assert.ok(findRoute(command, options), command);
  });

  it('leave short commands, single files, dev servers and tasks alone', () => {
    for (const command of LIGHT) assert.equal(through(command), undefined, command);
  });

  it('write the line through babysit, which is not heavy and polls nothing', () => {
    for (const [typed, line] of LINES) assert.equal(through(typed), line);
    for (const command of HEAVY) {
      const line = through(command) ?? '';
      assert.equal(through(line), undefined, line);
      assert.equal(decide(line), null, line);
    }
  });

  it('refuse heavy work that leaves the shell, and the background of the harness', () => {
    for (const command of ['nohup make &', 'setsid make', 'make & disown', 'make &'])
      assert.equal(findRoute(command, options)?.mode, 'deny', command);
    assert.equal(findRoute('make & wait', options)?.mode, 'advise');
    const background = findRoute('cd a && cargo test', { ...options, isBackground: true });
    assert.deepEqual(
      [background?.mode, background?.detached, background?.command],
      [
        'deny',
        'run_in_background',
        "babysit run --name=cargo-test --command='cd a && cargo test' && babysit wait cargo-test",
      ],
    );
    assert.equal(findRoute('nohup make &', { ...options, mode: 'off' }), null);
  });
});

describe('rule files', () => {
  it('add, replace and remove rules', () => {
    const file = readRuleFile({
      rules: [
        { name: 'sim', programs: './sim', args: '--full' },
        { name: 'make', programs: ['make'], args: '^world', mode: 'deny' },
        { name: 'pytest', mode: 'off' },
      ],
    });
    assert.ok(typeof file !== 'string');
    const rules = mergeRules([file]);
    const mode = (command: string) => findRoute(command, { ...options, rules })?.mode;
    assert.deepEqual(['./sim --full', 'make', 'make world', 'pytest', 'cargo build'].map(mode), [
      undefined,
      undefined,
      'deny',
      undefined,
      'advise',
    ]);
    assert.equal(
      findRoute('sim --full', {
        ...options,
        rules: mergeRules([{ rules: [{ name: 's', programs: ['sim'] }] }]),
      })?.mode,
      'advise',
    );
  });

  it('are refused with the first fault', () => {
    for (const [value, fault] of [
      [[], 'must be an object'],
      [{ mode: 'x' }, '"mode" must be one of advise, deny, rewrite, off'],
      [{ rules: {} }, '"rules" must be an array'],
      [{ rules: [{ name: 'a' }] }, 'rule 1: "programs" must name the programs'],
      [
        { rules: [{ name: 'a', programs: ['b'], args: '(' }] },
        'rule 1: "args" is not a valid regular expression',
      ],
      [{ rules: [{ name: 'a', programs: ['b'], when: 1 }] }, 'rule 1: "when" is not a field of a rule'],
    ] as const)
      assert.equal(readRuleFile(value), fault);
  });

  it('have a published schema with the same fields and modes', () => {
    const file = join(import.meta.dirname, '../../docs/reference/rules.schema.json');
    const { properties, $defs } = JSON.parse(readFileSync(file, 'utf8'));
    assert.deepEqual($defs.mode.enum, [...MODES]);
    const fields = Object.keys(properties.rules.items.properties);
    assert.deepEqual(fields, ['name', 'programs', 'args', 'except', 'mode']);
    for (const rule of SHIPPED) for (const key of Object.keys(rule)) assert.ok(fields.includes(key), key);
  });
});
