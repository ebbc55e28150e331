// Reports what the kernel does not limit here: in each answer as data, and once a daemon as a sentence for people.
import type { NotEnforced } from '../../api/schemas/task.ts';
import type { Enforces } from '../../cgroups/port.ts';

export interface UnenforcedView {
  readonly not_enforced?: readonly NotEnforced[];
  readonly warning?: string;
}

const NAMES: Readonly<Record<NotEnforced, string>> = { memory: 'memory', cpu: 'CPU', pids: 'process count' };

export function notEnforced(enforces: Pick<Enforces, NotEnforced>): NotEnforced[] {
  return (Object.keys(NAMES) as NotEnforced[]).filter((what) => !enforces[what]);
}

/** The returned function gives the fields of an answer; only its first call gives the warning. */
export function unenforcedViews(missing: readonly NotEnforced[]): () => UnenforcedView {
  let isReported = false;
  return () => {
    if (missing.length === 0) return {};
    const view = { not_enforced: missing, ...(isReported ? {} : { warning: warningOf(missing) }) };
    isReported = true;
    return view;
  };
}

function warningOf(missing: readonly NotEnforced[]): string {
  const what = missing.map((name) => NAMES[name]).join(', ');
  const instead = missing.includes('memory')
    ? '; babysit samples each task every second and kills it above its memory limit, which may be too late'
    : '';
  return `the kernel does not limit the ${what} of tasks on this host${instead}. babysit doctor prints the fix`;
}
