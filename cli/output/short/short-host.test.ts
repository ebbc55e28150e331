// The status of the host fits in 400 bytes, from an idle host to a full one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StatusView } from '../../../src/api/schemas/status.ts';
import { GIB } from '../../../test/support/build/build-task.ts';
import { bytesOf, SHORT_BYTES } from './fit.ts';
import { hostView } from './short-host.ts';

const OWNERS = ['3f1c9f6e-5a0b-4d3c-9f43-0d2b6a1c7e55', '/home/someone/project'];
const AT = '2026-11-28T19:38:46.608Z';

function aStatus(
  running: number,
  queued: number,
  leases = 0,
  notices = 0,
  pressure: StatusView['pressure'] = [],
  holds: number = 0,
): StatusView {
  const of = <T>(count: number, make: (n: number) => T): T[] =>
    Array.from({ length: count }, (_, n) => make(n));
  const who = (n: number) => ({
    name: `train-lr3e-4-fold-${n}`,
    owner: OWNERS[n % 2] ?? '',
    id: `01M8HTNJX${n}`,
  });
  return {
    daemon: { driver: 'v2', not_enforced: [] },
    capacity: {
      mem_limit_bytes: 17_179_869_184,
      mem_available_bytes: 1_234_567_890,
      cpu_limit_cores: 16,
      cpu_available_cores: 3.125,
    },
    tasks: { running, paused: 0, pending: queued, tickets: 0 },
    pressure,
    holds: of(holds, (n) => ({
      ...{
        scope: 'project',
        of: OWNERS[1],
        name: null,
        reason: 'r'.repeat(100),
        by: 'alice',
        until: AT,
        held: n,
      },
    })),
    notices: of(notices, () => ({ what: 'updated', reason: 'r'.repeat(150), fix: 'f'.repeat(80) })),
    levers: [],
    running: of(running, (n) => ({ ...who(n), elapsed_ms: 123_456, mem_bytes: 3 * GIB, cpu_cores: 1.025 })),
    leases: of(leases, (n) => ({
      id: `01M8HTNJX69W8GSNZ6NRZR08N${n}`,
      owner: OWNERS[0] ?? '',
      mem_bytes: GIB,
      cpu_cores: 0.5,
      expires_at: AT,
    })),
    queue: of(queued, (n) => ({
      ...who(n + running),
      kind: 'task',
      waiting: { dim: 'cpu', requested: 2, blocked_by: ['train-1', 'train-2'], expected_start: AT },
    })),
  } as unknown as StatusView;
}

type Short = { left_out?: string } & Record<'running' | 'queue', { name: string; owner: string }[]> &
  Partial<Record<'leases' | 'notices' | 'pressure' | 'holds', Record<string, unknown>[]>>;
const short = (status: StatusView): Short => hostView(status) as Short;

describe('the short status of the host', () => {
  for (const running of [0, 1, 2, 5, 40])
    for (const queued of [0, 1, 3, 100])
      for (const [leases, notices] of [
        [0, 0],
        [1, 0],
        [3, 2],
      ] as const)
        it(`with ${running} running, ${queued} pending, ${leases} leases, ${notices} notices has at most ${SHORT_BYTES} bytes`, () => {
          const view = short(aStatus(running, queued, leases, notices));
          assert.ok(bytesOf(view) <= SHORT_BYTES, `${bytesOf(view)}: ${JSON.stringify(view)}`);
          const rows = view.running.length + view.queue.length + (view.leases?.length ?? 0);
          const isWhole = rows + (view.notices?.length ?? 0) === running + queued + leases + notices;
          assert.equal(view.left_out, isWhole ? undefined : 'babysit status --full');
        });

  it('has each task with its use, owner and start when they fit', () => {
    const { running, queue } = short(aStatus(1, 0));
    assert.deepEqual(running[0], {
      name: 'train-lr3e-4-fold-0',
      owner: OWNERS[0],
      elapsed_ms: 123_456,
      mem_bytes: 3 * GIB,
      cpu_cores: 1.025,
    });
    assert.deepEqual(queue, []);
    const both = short(aStatus(1, 1));
    assert.deepEqual([both.running[0]?.owner, both.queue[0]?.owner], OWNERS);
  });

  it('shows what stops the queue before any task', () => {
    const shortage: StatusView['pressure'] = [{ dim: 'mem', lasted_s: 17, cause: 'external', detail: null }];
    const view = short(aStatus(40, 40, 3, 1, shortage));
    assert.deepEqual(view.pressure, [{ dim: 'mem', lasted_s: 17, cause: 'external' }]);
    assert.equal(view.notices?.[0]?.what, 'updated');
    const held = short(aStatus(40, 40, 3, 1, [], 2));
    assert.ok(bytesOf(held) <= SHORT_BYTES);
    assert.equal(held.holds?.[0]?.by, 'alice');
  });
});
