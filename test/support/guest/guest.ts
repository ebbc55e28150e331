// Runs a command in a throw-away Linux guest: a real kernel with cgroup v2, which the machine of the tests may not have.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `v2-root`: bare cgroup v2, no init system. `systemd-*`: systemd as PID 1, as a lingering user or as root. */
export type GuestKind = 'v2-root' | 'systemd-user';

export interface GuestOptions {
  readonly timeoutMs: number;
  /** All of the environment the command gets beside HOME, PATH and LANG. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface GuestResult {
  /** The command's; 124: the time limit was reached, 125: the guest did not boot. */
  readonly code: number | null;
  /** stdout and stderr, in order. */
  readonly output: string;
}

/** The host's files are in the guest at the same paths; what the command writes is gone afterwards. */
export async function runInGuest(
  kind: GuestKind,
  argv: readonly string[],
  { timeoutMs, env = {} }: GuestOptions,
): Promise<GuestResult> {
  const { script, flags } = SCRIPTS[kind];
  const settings = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const limit = ['-t', String(Math.ceil(timeoutMs / 1000))];
  // The guest must not outlive a test runner that is killed: the script gets SIGTERM then, and takes the guest along.
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'TERM', 'bash', fileURLToPath(script), ...flags, ...limit, ...settings, '--', ...argv],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

const uml = new URL('uml-guest.sh', import.meta.url);
const systemd = new URL('../systemd-guest.sh', import.meta.url);
const SCRIPTS: Record<GuestKind, { script: URL; flags: readonly string[] }> = {
  'v2-root': { script: uml, flags: [] },
  'systemd-user': { script: systemd, flags: [] },
};

/** Why no guest of this kind can be started here; null when one can. */
export function guestAvailable(kind: GuestKind): string | null {
  if (process.platform !== 'linux') return 'guests need a Linux host';
  if (process.getuid?.() !== 0) return 'guests need root: their configuration holds files of other owners';
  const files = kind === 'v2-root' ? UML_FILES : [...UML_FILES, ...SYSTEMD_FILES];
  const missing = files.find(({ anyOf }) => !anyOf.some(isFile));
  return missing ? `no ${missing.anyOf[0]}: apt-get install ${missing.from}` : null;
}

/** For a test's `skip`: names the missing capability. Throws under CI=true, where nothing may be missing. */
export function skipWithout(kind: GuestKind): string | false {
  const reason = guestAvailable(kind);
  if (reason !== null && process.env.CI === 'true')
    throw new Error(`CI needs a ${kind} guest, but ${reason}`);
  return reason ?? false;
}

const UML_FILES = [
  { anyOf: ['/usr/bin/linux.uml'], from: 'user-mode-linux' },
  { anyOf: ['/usr/sbin/insmod', '/sbin/insmod'], from: 'kmod' },
  { anyOf: ['/usr/bin/setpriv'], from: 'util-linux' },
  { anyOf: ['/usr/bin/unshare'], from: 'util-linux' },
];
const SYSTEMD_FILES = [
  { anyOf: ['/lib/systemd/systemd', '/usr/lib/systemd/systemd'], from: 'systemd' },
  { anyOf: ['/usr/bin/dbus-daemon'], from: 'dbus-user-session' },
  { anyOf: ['/usr/lib/systemd/user/dbus.socket'], from: 'dbus-user-session' },
  { anyOf: ['/usr/share/pam-configs/systemd'], from: 'libpam-systemd' },
];

function isFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
