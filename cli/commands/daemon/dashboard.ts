// babysit dashboard: serves a page on a loopback port that shows the host, the queue and the tasks.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConfigView } from '../../../src/api/schemas/daemon.ts';
import { EXIT } from '../../../src/core/errors.ts';
import { formatDuration, parseDuration } from '../../../src/units/duration.ts';
import { call } from '../../client/session.ts';
import { type Context, defineCommand } from '../../command.ts';
import type { serveDashboard } from '../../dashboard/serve.ts';
import { callerName } from '../../input/caller.ts';
import { heeded } from '../../input/ignored-signals.ts';
import { noPositionals } from '../../input/refs.ts';
import { isAgent } from '../../levers.ts';
import { version } from '../../version.ts';

const IDLE = 'dashboard.idle_timeout';

export const command = defineCommand({
  usage: 'dashboard [--open]',
  about: `Serves a page on a random port of 127.0.0.1 and prints its address, which contains a random token. The page shows the host,
running and pending tasks with their expected times, and earlier tasks; it can kill, pause and adjust tasks. The command ends with Ctrl-C, or
when no page has been open for dashboard.idle_timeout. If a dashboard runs already, its address is printed.`,
  flags: { open: { kind: 'switch', help: 'open the page in the browser of the desktop' } },
  examples: ['babysit dashboard', 'babysit dashboard --open'],
  async run(context, { flags, positionals }) {
    noPositionals(positionals, 'dashboard');
    const { output, session, env } = context;
    const { values } = await call<ConfigView>(session, 'GET', '/v1/config');
    const idleMs = parseDuration(String(values.find(({ key }) => key === IDLE)?.value), IDLE);
    const ending = new AbortController();
    for (const name of heeded(['SIGINT', 'SIGTERM', 'SIGHUP'], env)) process.on(name, () => ending.abort());
    const serve = await loadServer();
    const end = await serve({
      home: session.home,
      assetsDir: join(import.meta.dirname, isBuilt ? 'web' : '../../../dist/web'),
      version: version(),
      mayAct: !isAgent(env),
      caller: `${callerName(env)} (dashboard)`,
      idleMs,
      signal: ending.signal,
      onReady: (found) => {
        output.result(found, () => `${found.url}\n`);
        if (flags.open) openPage(context, session.home.dashboardPage);
        if (found.pid === process.pid && !output.jsonMessages)
          output.message(
            `It ends with Ctrl-C, or ${formatDuration(idleMs)} after the last page is closed.\n`,
          );
      },
    });
    if (end === 'idle' && !output.jsonMessages)
      output.message(`No page was open for ${formatDuration(idleMs)}, so the dashboard ended.\n`);
    return EXIT.ok;
  },
});

/** The file leads to the address: in the arguments of the browser every user of the host could read the token. */
function openPage({ env, output }: Context, file: string): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const opener = spawn(program, [file], { env, detached: true, stdio: 'ignore' });
  opener.on('error', () =>
    output.message(`babysit: ${program} was not found; open the address in a browser\n`),
  );
  opener.unref();
}

const isBuilt = !import.meta.filename.endsWith('.ts');

/** A bundle of its own: fastify would slow down the start of every command. */
async function loadServer(): Promise<typeof serveDashboard> {
  const path = join(import.meta.dirname, isBuilt ? 'dashboard.mjs' : '../../dashboard/serve.ts');
  const module = (await import(pathToFileURL(path).href)) as { serveDashboard: typeof serveDashboard };
  return module.serveDashboard;
}
