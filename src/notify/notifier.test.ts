// What the notifier does when an outcome cannot be stored, or a command cannot be started.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { anExit, aTask } from '../../test/support/build/build-task.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { RecordedEvent } from '../core/events.ts';
import type { NotifyTarget } from '../core/notify.ts';
import type { Deliveries } from '../store/deliveries.ts';
import { openStore } from '../store/store.ts';
import { Notifier } from './notifier.ts';

/** A notifier of a task that has ended. `change` replaces calls of the store. */
function rig(
  t: TestContext,
  target: Pick<NotifyTarget, 'action'>,
  change: (deliveries: Deliveries) => Partial<Deliveries>,
  names: readonly string[] = ['it'],
) {
  const dir = tempDir(t);
  const store = openStore(join(dir, 'db'));
  const task = aTask({
    state: { status: 'completed', endedAt: 1, attempt: null, exit: anExit(), usage: null },
  });
  store.commit({
    tasks: [task],
    environments: [],
    events: [{ taskId: task.id, name: task.name, at: 1, event: { event: 'ended', status: 'completed' } }],
    leases: [],
    droppedLeases: [],
    ownerUse: [],
  });
  let publish: (events: readonly RecordedEvent[]) => void = () => {};
  const filters = { owner: null, project: null, tag: null, statuses: null };
  const notifier = new Notifier({
    targets: () => names.map((name) => ({ name, on: ['ended'], ...filters, ...target })),
    deliveries: { ...store.deliveries, ...change(store.deliveries) },
    clock: { now: () => ({ wallMs: 1, monoMs: 1 }) },
    log: pino({ level: 'silent' }),
    env: {},
    bash: '/bin/bash',
    home: dir,
    identity: store.identity,
    version: '1.0.0',
    task: () => task,
    environment: () => ({}),
    listen(listener) {
      publish = listener;
      return () => {};
    },
  });
  t.after(() => {
    notifier.close();
    store.close();
  });
  return {
    dir,
    wake: () => publish(store.eventsAfter(task.id, 0)),
    rows: () => store.deliveries.ofTask(task.id),
  };
}

it('a delivery whose outcome cannot be stored is not repeated by the same daemon', async (t) => {
  let isFull = true;
  let refused = 0;
  const file = join(tempDir(t), 'seen');
  const { wake, rows } = rig(t, { action: { kind: 'command', line: `echo x >>${file}` } }, (deliveries) => ({
    put(delivery) {
      if (!isFull) return deliveries.put(delivery);
      refused += 1;
      throw new Error('database or disk is full');
    },
  }));
  await waitUntil(() => refused > 0, { what: 'the outcome' });
  const before = refused;
  wake();
  await waitUntil(() => refused > before, { what: 'the next attempt to store it' });
  isFull = false;
  wake();
  await waitUntil(() => rows()[0]?.doneAt === 1, { what: 'the outcome to be stored' });
  assert.deepEqual([readFileSync(file, 'utf8'), rows()[0]?.attempts], ['x\n', 1]);
});

it('a command too long for the kernel is a failed attempt', async (t) => {
  const line = `: ${'x'.repeat(2 ** 20)}`;
  const { rows } = rig(t, { action: { kind: 'command', line } }, () => ({}));
  await waitUntil(() => rows()[0]?.error !== null && rows().length === 1, { what: 'the attempt' });
  assert.match(rows()[0]?.error ?? '', /E2BIG/);
});

it('at most eight commands run at once, and the others follow', async (t) => {
  const dir = tempDir(t);
  const [file, gate] = [join(dir, 'seen'), join(dir, 'gate')];
  writeFileSync(file, '');
  execFileSync('mkfifo', [gate]);
  const begun = () => readFileSync(file, 'utf8').split('\n').length - 1;
  const names = Array.from({ length: 10 }, (_, at) => `target-${at}`);
  const line = `echo x >>${file}; read -r _ <${gate}; true`;
  const { wake, rows } = rig(t, { action: { kind: 'command', line } }, () => ({}), names);
  await waitUntil(() => begun() >= 8, { what: 'eight commands' });
  wake();
  await delay(200);
  assert.equal(begun(), 8);
  const release = setInterval(() => execFileSync('bash', ['-c', `exec 3<>${gate}; echo >&3; echo >&3`]), 50);
  t.after(() => clearInterval(release));
  await waitUntil(() => rows().filter(({ doneAt }) => doneAt === 1).length === 10, { what: 'all' });
  assert.equal(begun(), 10);
});
