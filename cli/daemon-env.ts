// The environment a daemon starts with: the user's, not that of the agent session or task that happened to start it.
import type { Home } from '../src/config/home.ts';

const KEPT =
  /^(HOME|USER|LOGNAME|SHELL|PATH|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|DBUS_SESSION_BUS_ADDRESS|NODE_EXTRA_CA_CERTS|BABYSIT_\w+)$/;
/** Of the launcher, of a single command, or of a task within which the command ran. */
const DROPPED =
  /^(XDG_SESSION_\w+|XDG_SEAT|XDG_VTNR|BABYSIT_(NODE|NO_AUTOSTART|NAME|ID|TASK_\w+|ATTEMPT|STOP_FILE|PROGRESS_FILE|CHECKPOINT_DIR|GROUP))$/;

export function daemonEnv(callerEnv: NodeJS.ProcessEnv, home: Home): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(callerEnv))
    if (value !== undefined && KEPT.test(key) && !DROPPED.test(key)) env[key] = value;
  return { ...env, BABYSIT_HOME: home.dir };
}
