// One example of each kill, for the documents that show the hints.

import { killHint } from '../../src/core/answers/reasons.ts';
import type { KillDetail, KillReason } from '../../src/core/kill-reasons.ts';
import { formatDuration } from '../../src/units/duration.ts';
import { formatSize } from '../../src/units/size.ts';
import { GIB, runningTask, someUsage } from './build/build-task.ts';

/** The hint for a task of 10 min, 4 GiB and 4 cores. */
export function exampleHint(reason: KillReason): string {
  const format = { size: formatSize, duration: formatDuration };
  return killHint(reason, runningTask(), someUsage({ peakMemBytes: null }), EXAMPLES[reason], format);
}

export const EXAMPLES: Readonly<Record<KillReason, KillDetail>> = {
  estimated_mem_exceeded: { peak_mem_bytes: 9 * GIB },
  estimated_cpu_exceeded: { cpu_cores: 9.3 },
  cgroup_oom_killed: { cap_bytes: 12 * GIB, peak_mem_bytes: 12 * GIB },
  kernel_oom: { cap_bytes: 12 * GIB, peak_mem_bytes: 3 * GIB },
  mem_exceeded: { peak_mem_bytes: 13 * GIB, limit_bytes: 12 * GIB, mem_pct_limit_bytes: 25 * GIB },
  pids_exceeded: { pids_max: 4096 },
  elapsed_exceeded: { elapsed_ms: 1_200_400 },
  observability_stall: { silent_ms: 300_600 },
  system_mem_pressure: {
    host_mem_pct: 83.1,
    sustained_s: 30,
    victim_mem_bytes: 6 * GIB,
    peak_mem_bytes: 6 * GIB,
    victim_tier: 'above_estimate',
  },
  system_disk_pressure: { host_disk_pct: 98.6, sustained_s: 30, victim_written_bytes: 3 * GIB },
  while_ended: { while: 'test', status: 'completed' },
  parent_killed: { parent: 'make', parent_reason: 'manual' },
  manual: {},
};
