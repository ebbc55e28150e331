// Builds dist/: the CLI in one file that starts fast, the daemon in one file beside its packages, its scripts and migrations.
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const half = join(dist, `.half.${process.pid}`);
const STAMP = '.built';
const BUNDLES = ['main.cjs', 'hooks.cjs', 'mcp.mjs', 'daemon.mjs'];

/** The folder has this name in dist, too: the daemon finds it beside itself. */
const MIGRATIONS = 'migrations';
const migrations = readdirSync(join(root, 'src/store', MIGRATIONS));

/** Files that the build copies as they are: from the source, to dist. */
const COPIES = [
  ['cli/start.cjs', 'cli.cjs'],
  ...['spawner.sh', 'supervisor.sh', 'with-journal.sh'].map((name) => [`src/exec/${name}`, name]),
  ...['enter-unit.sh', 'unit-main.sh'].map((name) => [`src/cgroups/systemd/${name}`, name]),
  ...migrations.map((name) => [`src/store/${MIGRATIONS}/${name}`, `${MIGRATIONS}/${name}`]),
] as [source: string, place: string][];

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
  writeFileSync(join(half, STAMP), '');
  await build({ ...common, ...cli, outfile: join(half, 'main.cjs') });
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
  mkdirSync(join(half, MIGRATIONS));
  for (const [source, place] of COPIES) copyFileSync(join(root, source), join(half, place));
  mkdirSync(join(dist, MIGRATIONS), { recursive: true });
  // Each file is renamed into place, so a running daemon always finds its scripts. The stamp is last: without it the build is stale.
  const places = [...BUNDLES, ...COPIES.map(([, place]) => place), STAMP];
  for (const place of places) renameSync(join(half, place), join(dist, place));
  // What an earlier build made and this one does not would be published with it.
  for (const file of readdirSync(dist, { recursive: true, withFileTypes: true }))
    if (!file.isDirectory() && !places.includes(relative(dist, join(file.parentPath, file.name))))
      rmSync(join(file.parentPath, file.name));
} finally {
  rmSync(half, { recursive: true, force: true });
}
