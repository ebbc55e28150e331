// The events of waiting tickets, and how often they come.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOW, pending } from '../../../test/support/build-snapshot.ts';
import type { Blocked } from '../../scheduler/explain.ts';
import { NO_START, type StartForecast } from '../../scheduler/forecast.ts';
import type { Plan } from '../../scheduler/plan.ts';
import { Queue } from '../../scheduler/queue.ts';
import { REMIND_MS, type Ticket, Tickets } from './tickets.ts';

const startingAt = (expectedMs: number | null): StartForecast => ({ ...NO_START, expectedMs });

const BLOCKED: Blocked = {
  dim: 'mem',
  requested: 4,
  available: 1,
  limit: 16,
  shortBy: 3,
  charged: null,
  outside: 0,
  blockedBy: ['train'],
  owners: ['alice'],
  start: startingAt(NOW + 600_000),
  position: 2,
};

function rig() {
  const queue = new Queue();
  const tickets = new Tickets(queue);
  const heard: Blocked[] = [];
  const item = { ...pending(1), id: 'ticket-1', kind: 'ticket' as const };
  const ticket: Ticket = {
    item,
    leaseTtlMs: 60_000,
    waiting: (blocked) => void heard.push(blocked),
    granted: () => assert.fail(),
    failed: () => assert.fail(),
  };
  tickets.add(ticket, NOW);
  const announce = (changes: Partial<Blocked>, monoMs: number): number => {
    const plan: Pick<Plan, 'get'> = new Map([
      ['ticket-1', { start: NO_START, blocked: { ...BLOCKED, ...changes } }],
    ]);
    const before = heard.length;
    tickets.announce(() => plan, monoMs);
    return heard.length - before;
  };
  return { queue, tickets, heard, announce };
}

describe('tickets', () => {
  it('are in the queue until they are removed', () => {
    const { queue, tickets } = rig();
    assert.deepEqual([tickets.size, queue.has('ticket-1')], [1, true]);
    assert.equal(tickets.get('ticket-1')?.leaseTtlMs, 60_000);
    tickets.remove('ticket-1', NOW);
    tickets.remove('ticket-1', NOW);
    assert.deepEqual([tickets.size, queue.size, [...tickets.values()]], [0, 0, []]);
  });

  const NEWS: [string, Partial<Blocked>, number][] = [
    ['nothing', {}, 0],
    ['other holders', { blockedBy: ['test'], available: 2 }, 0],
    ['another place', { position: 1 }, 1],
    ['another dimension', { dim: 'cpu' }, 1],
    ['a start a little later', { start: startingAt(NOW + 629_999) }, 0],
    ['a start much later', { start: startingAt(NOW + 630_000) }, 1],
    ['a start much sooner', { start: startingAt(NOW) }, 1],
    ['a start that is no longer known', { start: startingAt(null) }, 1],
  ];
  for (const [what, changes, times] of NEWS)
    it(`get ${times === 0 ? 'no event' : 'an event after half a second'} when ${what} is new`, () => {
      const { announce } = rig();
      assert.equal(announce({}, 0), 1);
      assert.equal(announce(changes, 499), 0);
      assert.equal(announce(changes, 500), times);
    });

  it('get no event for a start that moves a little each time, until it has moved far', () => {
    const { announce, heard } = rig();
    for (let step = 0; step <= 10; step += 1)
      announce({ start: startingAt(NOW + step * 10_000) }, step * 500);
    assert.deepEqual(
      heard.map(({ start }) => ((start.expectedMs ?? 0) - NOW) / 1000),
      [0, 30, 60, 90],
    );
  });

  it('get an event every 30 s without a change', () => {
    const { announce } = rig();
    announce({}, 0);
    assert.equal(announce({}, REMIND_MS - 500), 0);
    assert.equal(announce({}, REMIND_MS), 1);
    assert.equal(announce({}, REMIND_MS + 500), 0);
  });

  it('that start now or are in no plan get no event', () => {
    const { tickets, heard } = rig();
    tickets.announce(() => new Map([['ticket-1', { start: startingAt(NOW), blocked: null }]]), 0);
    tickets.announce(() => new Map(), 500);
    assert.deepEqual(heard, []);
  });
});
