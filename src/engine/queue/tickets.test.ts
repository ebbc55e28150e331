// The events of waiting tickets, and how often they come.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOW, pending } from '../../../test/support/build/build-snapshot.ts';
import type { Blocked } from '../../scheduler/explain.ts';
import { NO_START, type StartForecast } from '../../scheduler/forecast.ts';
import type { Plan } from '../../scheduler/plan.ts';
import { Queue } from '../../scheduler/queue/queue.ts';
import { type Ticket, Tickets } from './tickets.ts';

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

const at = (monoMs: number) => ({ wallMs: NOW + monoMs, monoMs });

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
  const announce = async (changes: Partial<Blocked>, monoMs: number): Promise<number> => {
    const plan: Pick<Plan, 'get'> = new Map([
      ['ticket-1', { start: NO_START, blocked: { ...BLOCKED, ...changes } }],
    ]);
    const before = heard.length;
    await tickets.announce(async () => plan, at(monoMs));
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

  it('get an event at the beginning and at news, looked for every half second', async () => {
    const { announce } = rig();
    const hold = {
      scope: 'all',
      of: null,
      reason: null,
      by: 'eve',
      since: NOW,
      until: null,
      isDrain: false,
    } as const;
    assert.equal(await announce({}, 0), 1);
    assert.equal(await announce({ position: 1, blockedBy: ['test'] }, 500), 0);
    assert.equal(await announce({ dim: 'hold', hold }, 999), 0);
    assert.equal(await announce({ dim: 'hold', hold }, 1000), 1);
    assert.equal(await announce({ dim: 'hold', hold }, 1500), 0);
  });

  it('that start now or are in no plan get no event', async () => {
    const { tickets, heard } = rig();
    const startsNow = new Map([['ticket-1', { start: startingAt(NOW), blocked: null }]]);
    await tickets.announce(async () => startsNow, at(0));
    await tickets.announce(async () => new Map(), at(500));
    assert.deepEqual(heard, []);
  });
});
