// Every kill has a hint on what to change, with the measured numbers.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aKill, aTask, ENDED, GIB, someUsage } from '../../../test/support/build/build-task.ts';
import { formatDuration } from '../../units/duration.ts';
import { formatSize } from '../../units/size.ts';
import { KILL_REASON_NAMES, type KillDetail, type KillReason, killReasonRow } from '../kill-reasons.ts';
import type { Task, Usage } from '../task.ts';
import { interruptHint, killHint, limitHint } from './reasons.ts';

const FORMAT = { size: formatSize, duration: formatDuration };
const peak5 = someUsage({ peakMemBytes: 5 * GIB });

function hint(
  reason: KillReason,
  detail: KillDetail,
  usage: Usage | null = null,
  task: Task = aTask(),
): string {
  return killHint(reason, task, usage, detail, FORMAT);
}

/** The detail from the watchdog or the kernel, and the parts that the hint must contain. */
const TABLE: Record<KillReason, { detail: KillDetail; says: string[] }> = {
  estimated_mem_exceeded: { detail: {}, says: ['5G', '4G', '--estimated_mem_bytes=6G'] },
  estimated_cpu_exceeded: {
    detail: { cpu_cores: 9.3, estimated_cpu_cores: 4 },
    says: ['9.3 cores', 'estimated 4', '--estimated_cpu_cores=10'],
  },
  cgroup_oom_killed: {
    detail: { cap_bytes: 12 * GIB, peak_mem_bytes: 12 * GIB, oom_kills: 1 },
    says: ['12G', '--estimated_mem_bytes=16G or more'],
  },
  kernel_oom: {
    detail: { cap_bytes: 12 * GIB, peak_mem_bytes: 5 * GIB, oom_kills: 1 },
    says: ['OOM killer', '5G', 'cap of 12G'],
  },
  mem_exceeded: { detail: { limit_bytes: 9.6 * GIB }, says: ['5G', '40%', '--mem_pct_limit'] },
  pids_exceeded: { detail: { pids_max: 4096 }, says: ['4096', 'envelope.pids_max'] },
  elapsed_exceeded: {
    detail: { elapsed_ms: 1_200_500 },
    says: ['20m', 'estimated 10m', '--estimated_time=41m'],
  },
  observability_stall: {
    detail: { silent_ms: 301_000 },
    says: ['5m1s', '--observability_interval (now 5m)', 'stdbuf'],
  },
  system_mem_pressure: {
    detail: {
      host_mem_pct: 93.4,
      sustained_s: 31,
      victim_mem_bytes: 5 * GIB,
      victim_tier: 'above_estimate',
      top_outside_name: 'firefox',
    },
    says: ['93.4%', '31 s', '5G', '--estimated_mem_bytes=5.5G'],
  },
  system_disk_pressure: {
    detail: { host_disk_pct: 98.7, sustained_s: 30, victim_written_bytes: 3 * GIB },
    says: ['98.7%', '30 s', '3G', 'babysit clean'],
  },
  while_ended: { detail: { while: 'test' }, says: ['--while, test, ended', 'wanted end'] },
  parent_killed: {
    detail: { parent: 'outer', parent_reason: 'elapsed_exceeded' },
    says: ['outer', 'elapsed_exceeded', 'nothing to change'],
  },
  manual: { detail: {}, says: ['at the request'] },
};

describe('kill hint', () => {
  for (const reason of KILL_REASON_NAMES)
    it(`of ${reason} has its numbers and the setting to change`, () => {
      const text = hint(reason, TABLE[reason].detail, peak5);
      for (const part of TABLE[reason].says)
        assert.ok(text.includes(part), `"${part}" is missing in: ${text}`);
      assert.doesNotMatch(text, /NaN|undefined|null|Infinity/);
      if (killReasonRow(reason).exceeded !== undefined) assert.match(text, /audit the script first/);
    });

  for (const reason of KILL_REASON_NAMES)
    it(`of ${reason} is complete without measurements`, () => {
      assert.doesNotMatch(hint(reason, {}), /NaN|undefined|null|Infinity/);
    });

  it('blames the estimate, not the share of the host, when a task outgrew three times its estimate', () => {
    const text = hint('mem_exceeded', {
      peak_mem_bytes: 13 * GIB,
      limit_bytes: 12 * GIB,
      mem_pct_limit_bytes: 40 * GIB,
    });
    assert.match(text, /--estimated_mem_bytes/);
  });

  it('does not blame a task within its estimate, and names the largest process outside', () => {
    const text = hint('system_mem_pressure', {
      victim_tier: 'within_estimate',
      victim_mem_bytes: GIB,
      top_outside_name: 'firefox',
      top_outside_pid: 4711,
      top_outside_rss_bytes: 9 * GIB,
    });
    assert.match(text, /--queue/);
    assert.match(text, /firefox with pid 4711 holds 9G/);
    assert.doesNotMatch(text, /raise/);
  });

  it('names the stalled time when the use of memory was low', () => {
    const detail = { host_mem_pct: 61, limit_pct: 70, psi_mem_full_avg10_pct: 64.5, sustained_s: 30 };
    assert.match(hint('system_mem_pressure', detail), /stalled 64.5% of the time/);
  });

  it('of a stall carries the diagnosis, and does not raise the interval for a task that hangs', () => {
    const busy = hint('observability_stall', {
      silent_ms: 301_000,
      diagnosis: 'busy: x',
      is_computing: true,
    });
    assert.match(busy, /, busy: x: .*or raise --observability_interval/);
    const hung = hint('observability_stall', {
      silent_ms: 301_000,
      diagnosis: 'idle: y',
      is_computing: false,
    });
    assert.match(hung, /, idle: y: it hangs, do not raise/);
    assert.match(hung, /babysit log build/);
  });

  it('says that the host was busy, and asks for the time that the work takes there', () => {
    const stall = { silent_ms: 301_000, diagnosis: 'busy: x', is_computing: true, cpu_share_pct: 50 };
    assert.match(
      hint('observability_stall', stall),
      /got 50 % of the CPU time that it wanted because the host was busy, .*raise --observability_interval to 11m /,
    );
    const late = hint('elapsed_exceeded', { elapsed_ms: 1_200_500, cpu_share_pct: 14 });
    assert.match(late, /got 14 % .* raise the estimate last \(--estimated_time=1h19m\)/);
  });

  it('asks for the time that the progress foretells', () => {
    const late = { elapsed_ms: 1_200_500, remaining_ms: 2_400_000, cpu_share_pct: 14 };
    assert.match(
      hint('elapsed_exceeded', late),
      /with about 40m left, .* raise the estimate last \(--estimated_time=1h7m\)/,
    );
    const limits = { ...aTask().limits, killTimeoutMs: 60_000 };
    assert.match(
      hint('elapsed_exceeded', { elapsed_ms: 60_000, remaining_ms: 240_000 }, null, aTask({ limits })),
      /its timeout is 1m: .* raise the timeout last \(--kill_timeout=8m20s\)/,
    );
  });

  it('names the processes that outlived the command, and asks for no more time', () => {
    const left = {
      main_exit_code: 0,
      main_signal: null,
      main_ran_ms: 100,
      left_processes: 'sleep (pid 41)',
    };
    for (const reason of ['elapsed_exceeded', 'observability_stall'] as const) {
      const text = hint(reason, { elapsed_ms: 1_200_500, silent_ms: 301_000, ...left });
      assert.match(text, /ended with exit code 0 after 100ms, but left sleep \(pid 41\), which kept/);
      assert.doesNotMatch(text, /raise/);
    }
    const killed = hint('elapsed_exceeded', { ...left, main_exit_code: null, main_signal: 'SIGSEGV' });
    assert.match(killed, /ended by SIGSEGV/);
  });

  it('of a graceful stop says how to resume', () => {
    const state = { ...ENDED.killed, kill: aKill({ reason: 'manual' }), stoppedGracefully: true };
    assert.match(hint('manual', {}, null, aTask({ state })), /babysit retry build runs it again/);
    assert.match(
      hint('manual', {}, null, aTask({ state: { ...state, stoppedGracefully: false } })),
      /^Killed at the request/,
    );
  });

  it('says that strict observability ignores repeated output', () => {
    const task = aTask({ limits: { ...aTask().limits, isStrict: true } });
    const text = hint('observability_stall', { silent_ms: 301_000 }, null, task);
    assert.match(text, /^No progress in the output for 5m1s: .*--observability=strict/);
    assert.doesNotMatch(text, /No output|buffering/);
  });

  it('always asks for more than the peak and more than the estimate', () => {
    for (const peak of [0, 1, GIB, 4 * GIB, 100 * GIB]) {
      const text = hint('estimated_mem_exceeded', {}, someUsage({ peakMemBytes: peak }));
      const asked = Number(/--estimated_mem_bytes=([\d.]+)G/.exec(text)?.[1]) * GIB;
      assert.ok(asked > peak && asked > 4 * GIB, text);
    }
  });
});

it('a failure under low limits of the caller names them', () => {
  const limits = {
    nproc: ['14', '96364'],
    as: ['1638400000', 'unlimited'],
    nofile: ['20000', '20000'],
  } as const;
  assert.match(
    limitHint(limits) ?? '',
    /: at most 14 processes \(ulimit -u\), 1600000 KiB of address space \(ulimit -v\)\. If .* raise it where /,
  );
  assert.equal(limitHint({ nproc: ['unlimited', 'unlimited'], nofile: ['1024', '1024'] }), null);
});

it('every interruption has a hint', () => {
  for (const reason of ['host_rebooted', 'logged_out', 'supervisor_lost', 'records_removed'] as const)
    assert.match(interruptHint(reason, 'build', aTask()), /run it again with babysit retry build$/);
});

it('the hint of an attempt that the cluster lost names --requeue, or its limit where that is reached', () => {
  for (const reason of ['node_failed', 'preempted', 'job_lost'] as const) {
    const [once, often] = [aTask(), { ...aTask(), requeue: true, lostAttempts: 3 }];
    assert.doesNotMatch(interruptHint(reason, 'build', once), /requeue_max/);
    const text = interruptHint(reason, 'build', often);
    assert.match(text, /lost 4 attempts of it, and engine.requeue_max .* babysit retry build$/);
    assert.doesNotMatch(text, /--requeue/);
  }
});
