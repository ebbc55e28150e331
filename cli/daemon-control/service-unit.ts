// Builds the service file: a unit for systemd or a property list for launchd.
import { join } from 'node:path';
import { findHome, type Home, userHome } from '../../src/config/home.ts';
import { homeTag } from '../../src/config/home-tag.ts';
import type { Manager } from '../../src/systemd/manager.ts';

export interface ServiceFile {
  /** The name for systemctl or launchctl. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** The program of the service. */
export interface Program {
  readonly node: string;
  readonly cli: string;
  readonly daemonArgs: readonly string[];
}

/** The default home has the plain name; every other home has its own name. */
export function unitFileName(home: Home, env: NodeJS.ProcessEnv): string {
  if (home.dir === findHome({ ...env, BABYSIT_HOME: undefined }).dir) return 'babysit.service';
  return `babysitd-${homeTag(home.dir)}.service`;
}

export function unitDir(env: NodeJS.ProcessEnv, manager: Manager): string {
  if (manager === 'system') return '/etc/systemd/system';
  return join(env.XDG_CONFIG_HOME || join(userHome(env) ?? '/', '.config'), 'systemd', 'user');
}

/**
 * A oneshot unit that runs `babysit daemon-start`, which starts the daemon in a transient service with a new name: systemd
 * cannot restart a service whose subtree still has tasks. The transient service names this unit as its OnFailure.
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
Description=babysit: start the daemon that schedules and supervises tasks
StartLimitIntervalSec=60
StartLimitBurst=10

[Service]
Type=oneshot
ExecStart=${[node, cli, 'daemon-start'].map(unitWord).join(' ')}
Environment=${unitWord(`BABYSIT_HOME=${home.dir}`)}
Restart=on-failure
RestartSec=2
# systemd must not end the processes that the daemon starts.
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

/** launchd runs the daemon itself: macOS has no cgroups that the service would have to own. */
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
