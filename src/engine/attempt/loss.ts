// Decides why an attempt is gone that left no exit record. Pure.
import type { GroupRef, InterruptReason } from '../../core/task.ts';

/**
 * The sessions of the user began after the last sign of life (`loginAt`, null if unknown): an earlier session has ended, and
 * systemd ended all processes of the user's slice with it.
 */
export function lossReason(group: GroupRef, lastSignAt: number, loginAt: number | null): InterruptReason {
  const isAfterLogout = loginAt !== null && loginAt > lastSignAt && mayBeInUserSlice(group);
  return isAfterLogout ? 'logged_out' : 'supervisor_lost';
}

/** The driver `none` knows no path. */
function mayBeInUserSlice(group: GroupRef): boolean {
  return group.driver === 'none' || /\/user-\d+\.slice\//.test(JSON.stringify(group));
}
