// Builds dist/: the bundles of the CLI, the hooks, the servers, the page and the daemon, with their scripts and files.
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
import { writeManPages } from './man.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const half = join(dist, `.half.${process.pid}`);
const STAMP = '.built';

/** Of the manual pages; package.json names it too. */
const MAN = 'man';
/** The daemon finds this directory next to its bundle. */
const MIGRATIONS = 'migrations';
const migrations = readdirSync(join(root, 'src/store', MIGRATIONS));

/** Files to copy to dist unchanged. */
const COPIES = [
  ['cli/start.cjs', 'cli.cjs'],
  ['cli/start.cjs', 'hooks.cjs'],
  ['cli/daemon-control/clean-start.sh', 'clean-start.sh'],
  ...['spawner.sh', 'supervisor.sh', 'with-journal.sh'].map((name) => [`src/exec/${name}`, name]),
  ['src/engines/slurm/job.sh', 'job.sh'],
  ...['index.html', 'icon.svg'].map((name) => [`web/${name}`, `web/${name}`]),
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

// CommonJS starts 7 ms faster than ESM, because it loads `node:` modules when they are first needed.
const cli: BuildOptions = {
  format: 'cjs',
  // The main of jsonc-parser is UMD, which cannot be bundled.
  mainFields: ['module', 'main'],
  minify: true,
  define: { ...common.define, 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
};

// Ink has a top-level await, and packages that call require. Without this variable React checks everything. Ink loads the
// developer tools of React only when their package is installed next to the bundle, so any module can stand for them.
const screen: BuildOptions = {
  minify: true,
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  define: { ...common.define, 'process.env.NODE_ENV': '"production"' },
  alias: { 'react-devtools-core': 'node:module' },
};

const BUNDLES: Readonly<Record<string, BuildOptions>> = {
  'main.cjs': { ...cli, entryPoints: ['cli/main.ts'] },
  'judge.cjs': { ...cli, entryPoints: ['hooks/main.ts'] },
  'session-hooks.cjs': { ...cli, entryPoints: ['hooks/session/main.ts'] },
  'relay.cjs': { ...cli, entryPoints: ['src/relay/main.ts'] },
  'top.mjs': { ...screen, entryPoints: ['cli/top/run.ts'] },
  'mcp.mjs': { entryPoints: ['cli/mcp/server.ts'], minify: true },
  'dashboard.mjs': { entryPoints: ['cli/dashboard/serve.ts'], packages: 'external' },
  'web/page.js': {
    entryPoints: ['web/main.tsx'],
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
  },
  'web/page.css': { entryPoints: ['web/page.css'], minify: true },
  'daemon.mjs': { entryPoints: ['src/daemon/main.ts'], packages: 'external' },
};

// The stamp has the time of the start: files that change during the build count as newer.
mkdirSync(half, { recursive: true });
try {
  writeFileSync(join(half, STAMP), '');
  for (const [name, options] of Object.entries(BUNDLES))
    await build({ ...common, ...options, outfile: join(half, name) });
  for (const name of [MIGRATIONS, 'web']) mkdirSync(join(half, name), { recursive: true });
  for (const [source, place] of COPIES) copyFileSync(join(root, source), join(half, place));
  const manPages = await writeManPages(join(half, MAN), version);
  for (const name of [MIGRATIONS, 'web', MAN]) mkdirSync(join(dist, name), { recursive: true });
  // Rename each file into place, so that a running daemon always finds its scripts. The stamp is last.
  const places = [
    ...Object.keys(BUNDLES),
    ...COPIES.map(([, place]) => place),
    ...manPages.map((name) => `${MAN}/${name}`),
    STAMP,
  ];
  for (const place of places) renameSync(join(half, place), join(dist, place));
  // Remove files of an earlier build: npm would publish them.
  for (const file of readdirSync(dist, { recursive: true, withFileTypes: true }))
    if (!file.isDirectory() && !places.includes(relative(dist, join(file.parentPath, file.name))))
      rmSync(join(file.parentPath, file.name));
} finally {
  rmSync(half, { recursive: true, force: true });
}
