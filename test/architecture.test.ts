// The arrows between the rooms, read from the import lines; and a few rules of the house a reader relies on.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';
import { ENGINE_KINDS, HOST_ENGINE } from '../src/core/engine-traits.ts';

const ROOT = join(import.meta.dirname, '..');
const IMPORT =
  /^(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

interface Arrow {
  readonly from: string;
  /** A path from the root, `node:x`, or a package. */
  readonly to: string;
  readonly isType: boolean;
}

function filesOf(...roots: readonly string[]): string[] {
  return roots.flatMap((root) => globSync(`${root}/**/*.{ts,tsx}`, { cwd: ROOT })).sort();
}
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const isTest = (file: string) => file.endsWith('.test.ts');
const production = filesOf('src', 'cli', 'hooks', 'web').filter((file) => !isTest(file));

function arrowsOf(file: string, text = read(file)): Arrow[] {
  return [...text.matchAll(IMPORT)].map(([, type, from, bare, dynamic]) => {
    const target = from ?? bare ?? dynamic ?? '';
    const to = target.startsWith('.') ? normalize(join(dirname(file), target)) : target;
    return { from: file, to, isType: type !== undefined };
  });
}

/** `src/api/app.ts` -> `api`, `cli/x.ts` -> `cli`, `cli/mcp/x.ts` -> `mcp`, `web/now/x.tsx` -> `web`. */
function roomOf(path: string): string {
  for (const room of ['mcp', 'dashboard', 'top']) if (path.startsWith(`cli/${room}/`)) return room;
  if (path.startsWith('src/engines/slurm/client/')) return 'slurm-client';
  const [top, room] = path.split('/');
  return top === 'src' ? (room ?? '') : (top ?? '');
}

/** The rooms each room may see beside itself. */
const MAY_SEE: Readonly<Record<string, readonly string[]>> = {
  core: [],
  text: ['core'],
  units: ['core'],
  request: ['core', 'units', 'text'],
  config: ['core', 'units', 'text', 'files'],
  estimates: ['core', 'units', 'text'],
  scheduler: ['core', 'units', 'text'],
  watchdog: ['core', 'units', 'text'],
  progress: ['core', 'units', 'text'],
  files: ['core'],
  procfs: ['core', 'text'],
  systemd: [],
  cgroups: ['core', 'units', 'text', 'procfs', 'systemd'],
  logs: ['core', 'units', 'text', 'procfs', 'files'],
  exec: ['core', 'units', 'text', 'procfs', 'files'],
  relay: ['core', 'text', 'procfs', 'exec', 'files'],
  'slurm-client': ['core', 'units', 'text', 'procfs'],
  store: ['core', 'units', 'text', 'estimates', 'files'],
  notify: ['core', 'files', 'store'],
  series: ['core', 'text', 'logs', 'files'],
  metrics: ['core'],
  api: ['core', 'units', 'text', 'request'],
  engines: ['core', 'units', 'text', 'config', 'cgroups', 'procfs', 'exec', 'logs', 'slurm-client', 'files'],
  engine: [
    'files',
    'engines',
    'core',
    'units',
    'text',
    'config',
    'estimates',
    'scheduler',
    'watchdog',
    'progress',
    'cgroups',
    'procfs',
    'exec',
    'relay',
    'logs',
    'store',
  ],
  service: [
    'files',
    'core',
    'units',
    'text',
    'request',
    'config',
    'estimates',
    'scheduler',
    'cgroups',
    'procfs',
    'systemd',
    'engine',
    'store',
    'logs',
    'series',
    'metrics',
    'api',
  ],
  daemon: [
    'files',
    'engines',
    'core',
    'units',
    'text',
    'config',
    'cgroups',
    'procfs',
    'systemd',
    'exec',
    'relay',
    'notify',
    'series',
    'store',
    'api',
    'engine',
    'service',
  ],
  cli: ['core', 'units', 'text', 'request', 'procfs', 'systemd', 'files'],
  mcp: ['core', 'units', 'text', 'request', 'cli'],
  dashboard: ['core', 'units', 'text', 'estimates', 'files', 'cli'],
  top: ['core', 'units', 'text', 'request', 'cli'],
  web: ['core', 'units', 'text'],
  hooks: ['core', 'units', 'text', 'cli'],
};
/** Rooms that take no `node:*` at all, and the packages of the others where they are fixed. */
const PURE = ['core', 'text', 'request', 'estimates', 'scheduler', 'watchdog', 'progress'];
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: [],
  text: [],
  estimates: ['unbash'],
  scheduler: [],
  watchdog: [],
  progress: [],
  units: ['ms', 'bytes'],
  request: [],
  series: [],
  metrics: ['prom-client'],
  'slurm-client': [],
  config: ['zod'],
  cgroups: [],
  cli: ['jsonc-parser'],
  mcp: ['zod', '@modelcontextprotocol/server', '@modelcontextprotocol/server/stdio'],
  dashboard: ['fastify'],
  top: ['ink', 'react'],
  web: ['preact', 'preact/hooks', 'uplot'],
  hooks: ['unbash'],
};

const API_SCHEMAS = 'src/api/schemas/';
/** Rooms outside of the daemon. */
const CLIENTS = ['cli', 'mcp', 'dashboard', 'top', 'hooks', 'web'];
/** Of the clients: what runs in the browser, too. */
const SHOWN = ['cli/client/frames.ts', 'cli/client/kill-clocks.ts', 'cli/client/outside-peaks.ts'];
/** Servers with a bundle of their own, loaded when they are asked to serve. */
const SERVERS = ['cli/mcp/server.ts', 'cli/dashboard/serve.ts', 'cli/top/run.ts'];

/** What clients see of rooms that are the daemon's otherwise. */
const CLIENT_FILES = [
  'src/config/home.ts',
  'src/config/home-tag.ts',
  'src/logs/tail.ts',
  'src/relay/frames.ts',
  'src/config/checkpoint-dir.ts',
];

/** Null: the arrow is allowed. */
function objection({ from, to, isType }: Arrow): string | null {
  const room = roomOf(from);
  if (to.startsWith('node:'))
    return PURE.includes(room) || room === 'units' || room === 'web' ? `${room} imports no node:*` : null;
  if (/^(src|cli|hooks|web)\//.test(to)) {
    const other = roomOf(to);
    if (other === room || MAY_SEE[room]?.includes(other)) return null;
    const isClient = CLIENTS.includes(room);
    if (isClient && CLIENT_FILES.includes(to)) return null;
    // The schemas load zod, which is heavy: only the server of tools does, and only its bundle holds it.
    if (isClient && to.startsWith(API_SCHEMAS))
      return isType || room === 'mcp' ? null : `${room} sees only the types of the schemas`;
    if (room === 'cli' && SERVERS.includes(to))
      return isType ? null : `${room} loads the server when it is asked to serve`;
    if (room === 'web' && SHOWN.includes(to)) return null;
    return `${room} does not see ${other}`;
  }
  if (to === 'package.json')
    return ['daemon', 'cli'].includes(room) ? null : `${room} does not see package.json`;
  const allowed = PACKAGES[room];
  return allowed === undefined || allowed.includes(to) ? null : `${room} imports no package ${to}`;
}

const objections = (arrows: readonly Arrow[]) =>
  arrows.flatMap((arrow) => {
    const why = objection(arrow);
    return why === null ? [] : [`${arrow.from} -> ${arrow.to}: ${why}`];
  });

describe('arrows', () => {
  it('every room is known', () => {
    assert.deepEqual([...new Set(production.map(roomOf))].sort(), Object.keys(MAY_SEE).sort());
  });

  for (const room of Object.keys(MAY_SEE))
    it(`of ${room} go where they may`, () => {
      const arrows = production.filter((file) => roomOf(file) === room).flatMap((file) => arrowsOf(file));
      assert.ok(arrows.length > 0 || room === 'core' || room === 'text');
      assert.deepEqual(objections(arrows), []);
    });

  it('the reader of import lines sees every form of them, and the judge of arrows objects', () => {
    const text = [
      "import { a } from '../store/store.ts';",
      "import type { B } from '../engine/engine.ts';",
      "export { c } from '../api/app.ts';",
      "import {\n  d,\n  e,\n} from 'node:fs';",
      "import 'pino';",
      "const f = await import('../exec/start.ts');",
      "import { g } from '../core/task.ts';",
    ].join('\n');
    const arrows = arrowsOf('src/scheduler/x.ts', text);
    assert.deepEqual(
      arrows.map(({ to }) => to),
      [
        'src/store/store.ts',
        'src/engine/engine.ts',
        'src/api/app.ts',
        'node:fs',
        'pino',
        'src/exec/start.ts',
        'src/core/task.ts',
      ],
    );
    assert.equal(objections(arrows).length, 6);
    const schemas = (line: string) => objections(arrowsOf('cli/commands/x.ts', line)).length;
    assert.equal(schemas("import type { TaskView } from '../../src/api/schemas/task.ts';"), 0);
    assert.equal(schemas("import { TASK } from '../../src/api/schemas/task.ts';"), 1);
  });
});

const OTHERS = ENGINE_KINDS.filter((kind) => kind !== HOST_ENGINE).join('|');
/** Code that asks which engine a task has. The traits of engines and the port answer instead. */
const ENGINE_TESTS = [
  new RegExp(`'(?:${OTHERS}|${HOST_ENGINE})'`, 'g'),
  new RegExp(`engines/(?:${OTHERS})/`, 'g'),
  /\bengine\s*[!=]==?\s*(?:undefined|'(?!auto')|")/g,
  /\bengine\s*\?\?\s*['"]/g,
  /\btask\??\.engine\s*(?:\?(?![?.])|&&|\|\||[!=]=)/g,
  /!task\??\.engine\b/g,
  /switch \((?:\w+\.)?engine\)/g,
  /\bisOnHost\b/g,
];

describe('house rules', () => {
  const all = filesOf('src', 'cli', 'test', 'scripts', 'bench', 'hooks', 'web');
  /** Code without comments and texts, so that words in them do not count. */
  const code = (file: string) =>
    read(file)
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1')
      .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");
  const those = (files: readonly string[], rule: (file: string) => boolean) => files.filter(rule);

  it('no file is longer than 400 lines', () =>
    assert.deepEqual(
      those(all, (file) => read(file).split('\n').length - 1 > 400),
      [],
    ));

  it('no folder has more than 20 files of the product beside its folders and tests', () => {
    const counts = new Map<string, number>();
    for (const file of production) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    assert.deepEqual(
      [...counts].filter(([, count]) => count > 20),
      [],
    );
  });

  it('every file of the product opens with a line on its job', () =>
    assert.deepEqual(
      those(production, (file) => !/^(#!.*\n)?\/\/ \S.{10,}/.test(read(file))),
      [],
    ));

  it('only main.ts ends the process', () =>
    assert.deepEqual(
      those(production, (file) => /process\s*\.\s*(exit|reallyExit|abort)\s*\(/.test(code(file))).filter(
        (file) => !file.endsWith('/main.ts'),
      ),
      [],
    ));

  it('only the folder of an engine and the table of engines know which engine a task has', () => {
    const asks = (text: string) => ENGINE_TESTS.flatMap((test) => text.match(test) ?? []);
    const daemon = production.filter(
      (file) => /^src\/(?!engines\/)/.test(file) && file !== 'src/core/engine-traits.ts',
    );
    assert.deepEqual(
      daemon.flatMap((file) => asks(read(file)).map((found) => `${file}: ${found}`)),
      [],
    );
    for (const text of [
      'if (task.engine !== undefined) return;',
      'return engine === undefined ? here : there;',
      "const other = 'slurm';",
      "run(task.engine ?? 'local')",
      'const isHere = !task.engine;',
      'switch (task.engine) {',
      'if (live.supervision.isOnHost)',
      "import { SLURM } from '../engines/slurm/module.ts';",
    ])
      assert.ok(asks(text).length > 0, text);
    for (const text of [
      'task.engine ?? null',
      'if (engine === null) return;',
      "'engine.slurm.qos': setting(",
    ])
      assert.deepEqual(asks(text), [], text);
  });

  it('no file is called utils, helpers, common, types or index', () =>
    assert.deepEqual(
      those(production, (file) => /(^|\/)(utils?|helpers?|common|types|index)\.ts$/.test(file)),
      [],
    ));

  it('the pure rooms read no clock, no randomness and no environment', () => {
    const impure =
      /\b(Date\.now|new Date\(\)|performance\.now|Math\.random|crypto\.|process\.|setTimeout|setInterval|console\.)/;
    const pure = production.filter((file) => PURE.includes(roomOf(file)));
    assert.ok(pure.length > 10);
    assert.deepEqual(
      those(pure, (file) => impure.test(code(file))),
      [],
    );
  });
});
