// The linter's configuration takes effect: a file that breaks the house rules gets each of these objections.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { tempDir } from './support/temp-dir.ts';

const ROOT = join(import.meta.dirname, '..');
const BIOME = join(ROOT, 'node_modules/.bin/biome');

const FILE = 'src/core/broken.ts';
const TEXT = `import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { aTask } from '../../test/support/build-task.ts';
import { other } from './other.ts';

export * from './other.ts';
export enum Color { Red }
export namespace Inner { export const a = 1; }
export const value: any = process.env.HOME;

async function act(): Promise<void> {}
export function run(): void {
  act();
  [1].forEach(async () => {});
  console.log(readFileSync, build, aTask, other);
  const times = [Date.now(), Date.now, new Date(), new Date(0)];
}
`;
const OTHER = "import { run } from './broken.ts';\nexport const other = run;\n";

const RULES = [
  'correctness/noNodejsModules',
  'correctness/noUndeclaredDependencies',
  'nursery/noFloatingPromises',
  'nursery/noMisusedPromises',
  'plugin',
  'performance/noBarrelFile',
  'performance/noReExportAll',
  'style/noEnum',
  'style/noNamespace',
  'style/noProcessEnv',
  'style/noRestrictedImports',
  'suspicious/noConsole',
  'suspicious/noExplicitAny',
  'suspicious/noImportCycles',
];

it('the linter objects to what the house rules forbid', (t) => {
  const dir = tempDir(t);
  for (const file of ['biome.jsonc', 'package.json', 'scripts/lint'])
    cpSync(join(ROOT, file), join(dir, file), { recursive: true });
  mkdirSync(dirname(join(dir, FILE)), { recursive: true });
  writeFileSync(join(dir, FILE), TEXT);
  writeFileSync(join(dir, dirname(FILE), 'other.ts'), OTHER);
  const { stdout, stderr } = spawnSync(
    BIOME,
    ['lint', '--vcs-enabled=false', '--max-diagnostics=none', '.'],
    {
      cwd: dir,
      encoding: 'utf8',
    },
  );
  const found = [...`${stdout}${stderr}`.matchAll(/\.ts:\d+:\d+ (?:lint\/)?(\w+\/\w+|plugin)/g)].map(
    ([, rule]) => rule,
  );
  assert.deepEqual(
    RULES.filter((rule) => !found.includes(rule)),
    [],
  );
});
