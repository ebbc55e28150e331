// The inbox on a real database: once for the owner and once for the rest of the project, over crashes of both sides.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import fc from 'fast-check';
import pino from 'pino';
import { aTask, taskId } from '../../test/support/build/build-task.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import type { InboxQuery } from '../api/schemas/inbox.ts';
import type { RecordedEvent, TaskEvent } from '../core/events.ts';
import type { Task } from '../core/task.ts';
import { openStore } from '../store/store.ts';
import { createInbox } from './inbox.ts';

const ENDED: TaskEvent = { event: 'ended', status: 'completed' };
const KILL: TaskEvent = { event: 'kill_requested', reason: 'manual', signal: 'SIGTERM', detail: {} };
const STARTED: TaskEvent = { event: 'started', attempt: 1, pid: 1 };
const riskOf = (dim: 'mem' | 'cpu', actual: number): TaskEvent => ({
  event: 'runaway_risk',
  dim,
  estimate: 1,
  actual,
  kill_at: 9,
  kill_in_s: 9,
  hint: '',
  suggested_command: 'babysit adjust a --estimated_mem_bytes=1G',
});
const MINE: InboxQuery = { owner: 'me', project: null, limit: 100, isPeek: false };
const SESSION_START: InboxQuery = { owner: 'other', project: '/project', limit: 100, isPeek: false };
/** Longer than a reader has to report. */
const LONG_MS = 60_000;

/** Each rig has a database of its own below it. */
const dir = tempDir({ after });
let count = 0;

function rig() {
  count += 1;
  const store = openStore(join(dir, `${count}.db`));
  let monoMs = 0;
  const clock = { now: () => ({ wallMs: monoMs, monoMs }) };
  let inbox = createInbox(store, clock, pino({ level: 'silent' }));
  return {
    store,
    add(n: number, changes: Partial<Task> = {}): void {
      const task = aTask({ id: taskId(n), name: `t${n}`, owner: 'me', project: '/project', ...changes });
      store.commit({
        tasks: [task],
        environments: [],
        events: [],
        leases: [],
        droppedLeases: [],
        ownerUse: [],
      });
    },
    tell(n: number, ...events: TaskEvent[]): void {
      const of = (event: TaskEvent) => ({ taskId: taskId(n), name: `t${n}`, at: 7, event });
      store.commit({
        tasks: [],
        environments: [],
        events: events.map(of),
        leases: [],
        droppedLeases: [],
        ownerUse: [],
      });
    },
    take: (query = MINE) => inbox.take(query).events,
    /** Resolves when it is in the database. */
    async see(owner: string, events: readonly RecordedEvent[]): Promise<void> {
      inbox.see({ owner, seen: events.map(({ taskId, seq }) => ({ id: taskId, seq })) });
      await immediate();
    },
    pass(ms: number): void {
      monoMs += ms;
    },
    /** Another daemon on the same database. */
    restart(): void {
      inbox = createInbox(store, clock, pino({ level: 'silent' }));
    },
    close: () => store.close(),
  };
}

type Rig = ReturnType<typeof rig>;

async function withRig(test: (rig: Rig) => Promise<void> | void): Promise<void> {
  const made = rig();
  try {
    await test(made);
  } finally {
    made.close();
  }
}

const wordsOf = (events: readonly RecordedEvent[]) =>
  events.map((event) => `${event.name} ${event.event}${'dim' in event ? ` ${event.dim}` : ''}`);

describe('inbox', () => {
  it('holds the newest warning of each kind, and only the end of an ended task', () =>
    withRig(({ add, tell, take, pass }) => {
      add(1);
      tell(1, STARTED, riskOf('mem', 2), riskOf('cpu', 2), riskOf('mem', 3), KILL);
      const warnings = take();
      assert.deepEqual(wordsOf(warnings), [
        't1 runaway_risk cpu',
        't1 runaway_risk mem',
        't1 kill_requested',
      ]);
      assert.equal(warnings[1]?.event === 'runaway_risk' && warnings[1].actual, 3);
      tell(1, ENDED);
      pass(LONG_MS);
      assert.deepEqual(wordsOf(take()), ['t1 ended']);
    }));

  it('does not repeat a kill to the owner that asked for it, and shows that of another owner', () =>
    withRig(({ add, tell, take }) => {
      const killOf = (by: string, n: number) =>
        tell(n, { ...KILL, detail: { killed_by: by } } as TaskEvent, {
          event: 'ended',
          status: 'killed',
          killed_by: by,
        });
      add(1);
      add(2);
      tell(1, riskOf('mem', 2));
      killOf('me', 1);
      killOf('other', 2);
      assert.deepEqual(wordsOf(take(SESSION_START)), []);
      assert.deepEqual(wordsOf(take()), ['t2 ended']);
    }));

  it('drops the events before a retry', () =>
    withRig(({ add, tell, take }) => {
      add(1);
      tell(1, ENDED, {
        event: 'retrying',
        attempt: 2,
        status: 'failed',
        reason: null,
        in_s: 0,
        estimated_mem_bytes: 1,
      });
      assert.deepEqual(take(), []);
    }));

  it('gives a reported event once, and gives it again after its reader died', () =>
    withRig(async ({ add, tell, take, see, pass, restart }) => {
      add(1);
      add(2);
      tell(1, ENDED);
      tell(2, ENDED);
      const [first, second] = take();
      assert.ok(first && second);
      assert.deepEqual(take(), []);
      await see('me', [first]);
      pass(LONG_MS);
      assert.deepEqual(wordsOf(take()), ['t2 ended']);
      restart();
      assert.deepEqual(wordsOf(take()), ['t2 ended']);
    }));

  it('keeps a later event when an earlier one is reported', () =>
    withRig(async ({ add, tell, take, see, restart }) => {
      add(1);
      tell(1, riskOf('mem', 2));
      const warnings = take();
      tell(1, ENDED);
      await see('me', warnings);
      restart();
      assert.deepEqual(wordsOf(take()), ['t1 ended']);
    }));

  it('keeps everything on a peek, and the rest after a limit', () =>
    withRig(({ add, tell, take }) => {
      for (const n of [1, 2, 3]) {
        add(n);
        tell(n, ENDED);
      }
      assert.equal(take({ ...MINE, isPeek: true }).length, 3);
      assert.deepEqual(wordsOf(take({ ...MINE, limit: 2 })), ['t1 ended', 't2 ended']);
      assert.deepEqual(wordsOf(take()), ['t3 ended']);
    }));

  it('is separate for the owner and for other sessions of the project', () =>
    withRig(async ({ add, tell, take, see, restart }) => {
      add(1);
      add(2, { owner: null });
      add(3, { project: '/elsewhere' });
      for (const n of [1, 2, 3]) tell(n, ENDED);
      const taken = take(SESSION_START);
      assert.deepEqual(wordsOf(taken), ['t1 ended', 't2 ended']);
      await see('other', taken);
      restart();
      assert.deepEqual(take(SESSION_START), []);
      assert.deepEqual(wordsOf(take()), ['t1 ended', 't3 ended']);
      assert.deepEqual(wordsOf(take({ ...MINE, owner: '/project' })), ['t2 ended']);
    }));

  it('drops the events of a removed task', () =>
    withRig(({ store, add, tell, take }) => {
      add(1, {
        state: {
          status: 'completed',
          attempt: null,
          exit: { code: 0, signal: null },
          usage: null,
          endedAt: 1,
        } as never,
      });
      tell(1, ENDED);
      store.remove([taskId(1)]);
      assert.deepEqual(take(), []);
    }));

  it('shows every end over any reads and restarts, and only once to readers that report', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.record({ kind: fc.constant('end' as const) }),
            fc.record({
              kind: fc.constant('read' as const),
              limit: fc.integer({ min: 1, max: 4 }),
              reports: fc.boolean(),
            }),
            fc.record({ kind: fc.constant('pass' as const) }),
            fc.record({ kind: fc.constant('restart' as const) }),
          ),
          { maxLength: 30 },
        ),
        (steps) =>
          withRig(async ({ add, tell, take, see, pass, restart }) => {
            const reported: number[] = [];
            let ended = 0;
            for (const step of steps) {
              if (step.kind === 'end') {
                ended += 1;
                add(ended);
                tell(ended, ENDED);
              } else if (step.kind === 'read') {
                const events = take({ ...MINE, limit: step.limit });
                if (!step.reports) continue;
                await see('me', events);
                reported.push(...events.map(({ seq }) => seq));
              } else if (step.kind === 'pass') pass(LONG_MS);
              else restart();
            }
            restart();
            const rest = take().map(({ seq }) => seq);
            assert.equal(new Set(reported).size, reported.length);
            assert.deepEqual(
              [...reported, ...rest].sort((a, b) => a - b),
              Array.from({ length: ended }, (_, i) => i + 1),
            );
          }),
      ),
      { numRuns: 30 },
    ));
});
