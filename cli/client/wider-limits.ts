// Restarts a daemon that was started with lower hard limits than those of this command, or with restrictions that no
// process can lift, as in a sandbox: the tasks of every caller would have those of the shell that started the daemon.
// Tasks keep running.
import { existsSync } from 'node:fs';
import type { Rlimits } from '../../src/core/inherited.ts';
import { type Restrictions, readRestrictions, readRlimits } from '../../src/procfs/process/inherited.ts';
import { writtenPid } from '../daemon-control/lock-holder.ts';
import { type Session, startDaemon } from './session.ts';

/** Call before a submission. Does nothing when systemd starts the daemon: its limits are the manager's. */
export async function widenLimits(session: Session): Promise<void> {
  const pid = writtenPid(session.home);
  if (!session.autostart || pid === null || !existsSync(`/proc/${pid}`)) return;
  if (!isWider(readCeilings('self'), readCeilings(pid))) return;
  const { reachManager } = await import('../daemon-control/systemd.ts');
  if (reachManager({ ...(session.env as Record<string, string>) }) !== null) return;
  const { stopDaemon } = await import('../daemon-control/stop.ts');
  await stopDaemon(session, false);
  await startDaemon(session);
}

/** What a process can only lower. */
type Ceilings = ReadonlyMap<string, number>;

/** True if one is above that of the daemon and none is below: two callers never restart it in turns. */
export function isWider(own: Ceilings, daemon: Ceilings): boolean {
  let isAbove = false;
  for (const [name, mine] of own) {
    const other = daemon.get(name);
    if (other === undefined) continue;
    if (mine < other) return false;
    isAbove ||= mine > other;
  }
  return isAbove;
}

function readCeilings(pid: number | 'self'): Ceilings {
  return ceilingsOf(readRlimits(pid), readRestrictions(pid));
}

/** Hard limits, and the absence of a restriction as 1. */
export function ceilingsOf(rlimits: Rlimits, restrictions: Restrictions): Ceilings {
  const hard = Object.entries(rlimits).map(([name, [, limit]]) => [name, hardLimit(limit)] as const);
  const free = Object.entries(restrictions).map(([name, isSet]) => [name, isSet ? 0 : 1] as const);
  return new Map([...hard, ...free]);
}

function hardLimit(hard: string): number {
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}
