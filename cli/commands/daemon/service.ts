// babysit service: installs a service that starts the daemon at boot and after a crash.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { EXIT } from '../../../src/core/errors.ts';
import { type Context, defineCommand } from '../../command.ts';
import { findServiceManager, type ServiceManager } from '../../daemon-control/service-manager.ts';
import { ping } from '../../daemon-control/start.ts';
import { readChoice } from '../../input/choice.ts';
import { noPositionals } from '../../input/refs.ts';
import { makeDirectories } from '../../make-directories.ts';
import { fieldLines } from '../../output/table.ts';

const ACTIONS = ['install', 'uninstall', 'status'] as const;

export const command = defineCommand({
  usage: 'service [install|uninstall|status]',
  about: `install adds a service that starts the daemon at boot and after a crash: a systemd unit or a macOS launch agent of your
user, or a unit of the system for root. Tasks keep running without the daemon, and the next daemon continues the queue.
Run install again after an upgrade of babysit or Node: it writes the file again. Without a word it prints the status.`,
  flags: {},
  examples: ['babysit service install', 'babysit service status'],
  async run(context, { positionals }) {
    const [word = 'status', extra] = positionals;
    const action = readChoice(word, ACTIONS, 'service');
    noPositionals(extra === undefined ? [] : [extra], 'service');
    const manager = findServiceManager(context.session.home, context.env);
    if (action === 'install') install(manager);
    if (action === 'uninstall') uninstall(manager);
    return show(context, manager);
  },
});

function install(manager: ServiceManager): void {
  const { path, text } = manager.file;
  makeDirectories(dirname(path));
  // launchd refuses an agent that is loaded already.
  if (manager.kind === 'launchd' && manager.isEnabled()) manager.disable();
  writeFileSync(path, text, { mode: 0o644 });
  manager.enable();
}

/** The running daemon keeps running. babysit daemon-stop ends it. */
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
  output.result(Object.fromEntries(fields), () =>
    fieldLines(fields.map(([key, value]) => [key.replaceAll('_', ' '), String(value)])),
  );
  return EXIT.ok;
}
