// Builds dist/: the CLI in one file that starts fast, the daemon in one file beside its packages, and the supervisor.
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

/** What the daemon starts, found beside its bundle. */
const SCRIPTS = [
  ...['spawner.sh', 'supervisor.sh', 'with-journal.sh'].map((name) => join('src/exec', name)),
  ...['enter-unit.sh', 'unit-main.sh'].map((name) => join('src/cgroups/systemd', name)),
];

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const half = join(dist, `.half.${process.pid}`);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  define: { BABYSIT_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
};

// CommonJS, because it starts 7 ms sooner than the same bundle as ESM: `node:` modules load when first needed.
const cli: BuildOptions = {
  entryPoints: ['cli/main.ts'],
  format: 'cjs',
  // The main of jsonc-parser is UMD, which cannot be bundled.
  mainFields: ['module', 'main'],
  minify: true,
  define: { ...common.define, 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
};

// The stamp carries the time of the start: what is edited during the build counts as newer.
mkdirSync(half, { recursive: true });
try {
  writeFileSync(join(half, '.built'), '');
  await build({ ...common, ...cli, outfile: join(half, 'main.cjs') });
  copyFileSync(join(root, 'cli/start.cjs'), join(half, 'cli.cjs'));
  await build({ ...common, ...cli, entryPoints: ['hooks/main.ts'], outfile: join(half, 'hooks.cjs') });
  await build({
    ...common,
    entryPoints: ['cli/mcp/server.ts'],
    minify: true,
    outfile: join(half, 'mcp.mjs'),
  });
  await build({
    ...common,
    entryPoints: ['src/daemon/main.ts'],
    outfile: join(half, 'daemon.mjs'),
    packages: 'external',
  });
  for (const script of SCRIPTS) copyFileSync(join(root, script), join(half, basename(script)));
  // File by file into place, the stamp last: a running daemon never misses its supervisor, and half a build is stale.
  for (const file of [
    'main.cjs',
    'cli.cjs',
    'hooks.cjs',
    'mcp.mjs',
    'daemon.mjs',
    ...SCRIPTS.map((script) => basename(script)),
    '.built',
  ])
    renameSync(join(half, file), join(dist, file));
} finally {
  rmSync(half, { recursive: true, force: true });
}
