// docs/design/watchdog.md says what the code says: every reason with its hint, every number with its value.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SETTINGS } from '../src/config/settings.ts';
import { KILL_REASON_NAMES, type KillDetail, type KillReason } from '../src/core/kill-reasons.ts';
import { killHint } from '../src/core/reasons.ts';
import { formatDuration } from '../src/units/duration.ts';
import { formatSize } from '../src/units/size.ts';
import { STALL_RISK_AT } from '../src/watchdog/stall.ts';
import { RELIEF_SHARE } from '../src/watchdog/victim.ts';
import { GIB, runningTask, someUsage } from './support/build-task.ts';

const text = readFileSync(join(import.meta.dirname, '../docs/design/watchdog.md'), 'utf8');
/** The cells of every row whose first cell is a name in backquotes, by that name. */
const rows = new Map(
  text.split('\n').flatMap((line) => {
    const [name, ...cells] = line.slice(2, -2).split(' | ');
    return line.startsWith('| `') && name !== undefined ? [[name.replaceAll('`', ''), cells] as const] : [];
  }),
);

/** One kill of a task of 10 min, 4 GiB and 4 cores for each reason. */
const EXAMPLES: Readonly<Record<KillReason, KillDetail>> = {
  estimated_mem_exceeded: { peak_mem_bytes: 9 * GIB },
  estimated_cpu_exceeded: { cpu_cores: 9.3 },
  cgroup_oom_killed: { cap_bytes: 12 * GIB, peak_mem_bytes: 12 * GIB },
  kernel_oom: { peak_mem_bytes: 3 * GIB },
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
  manual: {},
};

describe('docs/design/watchdog.md', () => {
  for (const reason of KILL_REASON_NAMES)
    it(`has ${reason} with its hint`, () => {
      const format = { size: formatSize, duration: formatDuration };
      const hint = killHint(
        reason,
        runningTask(),
        someUsage({ peakMemBytes: null }),
        EXAMPLES[reason],
        format,
      );
      assert.equal(rows.get(reason)?.at(-1), hint);
    });

  for (const [key, { fallback }] of Object.entries(SETTINGS).filter(([name]) => name.startsWith('watchdog.')))
    it(`has ${key} with its default`, () => assert.equal(rows.get(key)?.[0], `${fallback}`));

  it('has the numbers that are fixed', () => {
    assert.match(text, new RegExp(`${STALL_RISK_AT * 100} % of \`--observability_interval\``));
    assert.match(text, new RegExp(`${RELIEF_SHARE * 100} % of the excess`));
  });
});
