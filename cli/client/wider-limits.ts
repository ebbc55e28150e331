// Restarts a daemon that was started with lower hard limits than those of this command: only root can raise a hard limit,
// so the tasks of every caller would have the limits of the shell that started the daemon. Tasks keep running.
import { RLIMITS, type Rlimits } from '../../src/core/inherited.ts';
import { readRegular } from '../../src/files/regular-file.ts';
import { readRlimits } from '../../src/procfs/process/inherited.ts';
import { type Session, startDaemon } from './session.ts';

/** Call before a submission. Does nothing when systemd starts the daemon: its limits are the manager's. */
export async function widenLimits(session: Session): Promise<void> {
  if (!session.autostart || !isWider(readRlimits(), daemonRlimits(session))) return;
  const { reachManager } = await import('../daemon-control/systemd.ts');
  if (reachManager({ ...(session.env as Record<string, string>) }) !== null) return;
  const { stopDaemon } = await import('../daemon-control/stop.ts');
  await stopDaemon(session, false);
  await startDaemon(session);
}

/** True if a hard limit is above that of the daemon and none is below: two callers never restart it in turns. */
export function isWider(own: Rlimits, daemon: Rlimits): boolean {
  let isAbove = false;
  for (const name of RLIMITS) {
    const [mine, other] = [hardLimit(own, name), hardLimit(daemon, name)];
    if (mine === null || other === null) continue;
    if (mine < other) return false;
    isAbove ||= mine > other;
  }
  return isAbove;
}

function hardLimit(rlimits: Rlimits, name: (typeof RLIMITS)[number]): number | null {
  const hard = rlimits[name]?.[1];
  if (hard === undefined) return null;
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}

/** Returns {} without a daemon. */
function daemonRlimits({ home }: Session): Rlimits {
  try {
    return readRlimits(Number.parseInt(readRegular(home.pidFile, 'utf8'), 10));
  } catch {
    return {};
  }
}
