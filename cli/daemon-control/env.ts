// Builds the environment of the daemon: the user's variables without those of the session or task that starts it.
import type { Home } from '../../src/config/home.ts';
import { GROUP_MARKER } from '../../src/procfs/process/process-table.ts';

const KEPT =
  /^(HOME|USER|LOGNAME|SHELL|PATH|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|DBUS_SESSION_BUS_ADDRESS|NODE_EXTRA_CA_CERTS|SLURM_CONF|BABYSIT_\w+)$/;
/** Variables for the launcher, for one command, or of a task that runs the command. */
const DROPPED =
  /^(XDG_SESSION_\w+|XDG_SEAT|XDG_VTNR|BABYSIT_(NODE|PWD|CALLER_\d+|NO_AUTOSTART|NAME|ID|TASK_\w+|ATTEMPT|STOP_FILE|PROGRESS_FILE|CHECKPOINT_DIR|GROUP))$/;

/**
 * Settings of glibc's malloc for a long-running process. One arena, because each thread of V8 and libuv would keep its own.
 * Blocks from 32 KiB on, the size that V8's compilers use, are mapped, so that they return to the kernel.
 */
const MALLOC = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '32768' };

export function daemonEnv(callerEnv: NodeJS.ProcessEnv, home: Home): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(callerEnv))
    if (value !== undefined && KEPT.test(key) && !DROPPED.test(key)) env[key] = value;
  // The daemon belongs to no task, not even to the one that starts it: see membersOf in src/cgroups/none.
  return { ...env, ...MALLOC, BABYSIT_HOME: home.dir, [GROUP_MARKER]: '' };
}
