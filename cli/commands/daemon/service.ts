// babysit service: makes the daemon come back by itself after a crash or a restart of the host.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BabysitError, EXIT } from '../../../src/core/errors.ts';
import { type Context, defineCommand } from '../../command.ts';
import { findServiceManager, type ServiceManager } from '../../daemon-control/service-manager.ts';
import { ping } from '../../daemon-control/start.ts';
import { fieldLines } from '../../output/table.ts';

const ACTIONS = ['install', 'uninstall', 'status'] as const;
type Action = (typeof ACTIONS)[number];

export const command = defineCommand({
  usage: 'service install | uninstall | status',
  about: `Installs a service of your user (systemd: a unit; macOS: a launch agent; as root: of the system) that starts the daemon
with the host and again when it dies. Tasks live on while there is no daemon, and the queue goes on with the next one.
Repeating install writes the file anew, as after an upgrade of babysit or Node.`,
  flags: {},
  examples: ['babysit service install', 'babysit service status'],
  async run(context, { positionals }) {
    const [action = 'status', ...more] = positionals;
    if (more.length > 0 || !ACTIONS.includes(action as Action))
      throw new BabysitError('usage', `service takes one of ${ACTIONS.join(', ')}`);
    const manager = findServiceManager(context.session.home, context.env);
    if (action === 'install') install(manager);
    if (action === 'uninstall') uninstall(manager);
    return show(context, manager);
  },
});

function install(manager: ServiceManager): void {
  const { path, text } = manager.file;
  mkdirSync(dirname(path), { recursive: true });
  // launchd refuses what is loaded already.
  if (manager.kind === 'launchd' && manager.isEnabled()) manager.disable();
  writeFileSync(path, text, { mode: 0o644 });
  manager.enable();
}

/** The daemon of now goes on; babysit daemon-stop ends it. */
function uninstall(manager: ServiceManager): void {
  if (!existsSync(manager.file.path)) return;
  manager.disable();
  rmSync(manager.file.path);
}

async function show({ output, session }: Context, manager: ServiceManager): Promise<number> {
  const { path, name, text } = manager.file;
  const isInstalled = existsSync(path);
  const answer = await ping(session.home);
  const view = {
    installed: isInstalled,
    service: name,
    path,
    enabled: isInstalled && manager.isEnabled(),
    up_to_date: isInstalled && readFileSync(path, 'utf8') === text,
    daemon_pid: answer?.pid ?? null,
    hint: manager.lingerHint(),
  };
  const fields = Object.entries(view).filter(([, value]) => value !== null);
  output.data(
    output.json
      ? `${JSON.stringify(Object.fromEntries(fields))}\n`
      : fieldLines(fields.map(([key, value]) => [key.replaceAll('_', ' '), String(value)])),
  );
  return EXIT.ok;
}
