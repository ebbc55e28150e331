// What makes the daemon come back by itself: a unit for systemd, a property list for launchd. Texts and names only.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findHome, type Home } from '../../src/config/home.ts';
import { homeTag } from '../../src/config/home-tag.ts';
import type { Manager } from '../../src/systemd/manager.ts';

export interface ServiceFile {
  /** As systemctl or launchctl call it. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** What the service runs. */
export interface Program {
  readonly node: string;
  readonly cli: string;
  readonly daemonArgs: readonly string[];
}

/** One name for the home of the user, another for each home that somebody chose. */
export function unitFileName(home: Home, env: NodeJS.ProcessEnv): string {
  if (home.dir === findHome({ ...env, BABYSIT_HOME: undefined }).dir) return 'babysit.service';
  return `babysit-${homeTag(home.dir)}.service`;
}

export function unitDir(env: NodeJS.ProcessEnv, manager: Manager): string {
  if (manager === 'system') return '/etc/systemd/system';
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'systemd', 'user');
}

/**
 * A oneshot that starts the daemon as `babysit daemon-start` does: in a transient service with a fresh name, because a
 * service whose subtree still holds tasks cannot be started again in place. The transient one names this as its OnFailure.
 */
export function systemdUnit(
  name: string,
  dir: string,
  home: Home,
  { node, cli }: Program,
  isSystem: boolean,
): ServiceFile {
  const text = `# Written by babysit service install; babysit service uninstall removes it.
[Unit]
Description=babysit: starts the daemon that schedules and supervises tasks
StartLimitIntervalSec=60
StartLimitBurst=10

[Service]
Type=oneshot
ExecStart=${[node, cli, 'daemon-start'].map(unitWord).join(' ')}
Environment=${unitWord(`BABYSIT_HOME=${home.dir}`)}
Restart=on-failure
RestartSec=2
# What the daemon starts is not this service's to end.
KillMode=process

[Install]
WantedBy=${isSystem ? 'multi-user.target' : 'default.target'}
`;
  return { name, path: join(dir, name), text };
}

/** systemd.syntax(7): quoted, with C escapes; % introduces a specifier and $ a variable. */
function unitWord(word: string): string {
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');
  return `"${escaped}"`;
}

const LABEL = 'dev.babysit.daemon';

/** launchd keeps the daemon itself alive: there are no cgroups it would have to own. */
export function launchdPlist(agentsDir: string, home: Home, { node, daemonArgs }: Program): ServiceFile {
  const words = [node, ...daemonArgs].map((word) => `    <string>${xmlText(word)}</string>`).join('\n');
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>${LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${words}
  </array>
  <key>EnvironmentVariables</key>
  <dict><key>BABYSIT_HOME</key><string>${xmlText(home.dir)}</string></dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>StandardErrorPath</key><string>${xmlText(home.log)}</string>
</dict>
</plist>
`;
  return { name: LABEL, path: join(agentsDir, `${LABEL}.plist`), text };
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
