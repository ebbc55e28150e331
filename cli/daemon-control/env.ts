// The environment a daemon starts with: the user's, not that of the agent session or task that happened to start it.
import type { Home } from '../../src/config/home.ts';

const KEPT =
  /^(HOME|USER|LOGNAME|SHELL|PATH|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|DBUS_SESSION_BUS_ADDRESS|NODE_EXTRA_CA_CERTS|BABYSIT_\w+)$/;
/** Of the launcher, of a single command, or of a task within which the command ran. */
const DROPPED =
  /^(XDG_SESSION_\w+|XDG_SEAT|XDG_VTNR|BABYSIT_(NODE|NO_AUTOSTART|NAME|ID|TASK_\w+|ATTEMPT|STOP_FILE|PROGRESS_FILE|CHECKPOINT_DIR|GROUP))$/;

/**
 * For glibc's malloc in a process that stays. One arena: each thread of V8 and libuv would keep one of its own. And mapped,
 * so that it goes back to the kernel: whatever is as large as the pieces of memory V8's compilers work in (32 KiB).
 */
const MALLOC = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '32768' };

export function daemonEnv(callerEnv: NodeJS.ProcessEnv, home: Home): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(callerEnv))
    if (value !== undefined && KEPT.test(key) && !DROPPED.test(key)) env[key] = value;
  return { ...env, ...MALLOC, BABYSIT_HOME: home.dir };
}
