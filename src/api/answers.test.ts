// What the real service answers fits the schema of each route; build-service checks the answers of all its tests as well.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { serviceOf } from '../../test/support/build/build-service.ts';
import { LEASE, WAITING } from './schemas/capacity.ts';
import { EVENT } from './schemas/events/events.ts';

const linesOf = (body: string) =>
  body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

it('of every route with a JSON answer', async (t) => {
  const { ask, run, kill, tasksDir, makeRoom } = serviceOf(t, { profile: { night: { at: '0 22 * * *' } } });
  await run({ name: 'first', queue: true, tag: 'a,b', context: { pr: 7 }, after_any: undefined });
  await run({ name: 'second', after: 'first', retries: 2 });
  assert.equal((await run({ name: 'denied' })).status, 429);
  const gets = ['ping', 'status', 'doctor', 'config', 'profile', 'tasks', 'tasks/first', 'tasks/second'];
  for (const path of gets) assert.equal((await ask('GET', `/v1/${path}`)).status, 200, path);
  await kill('first');
  makeRoom();
  await run({ name: 'third' });
  const posts: [path: string, body: object, status: number][] = [
    ['tasks/first/retry', {}, 200],
    ['tasks/nobody/pause', {}, 404],
    ['profile', { profile: 'day' }, 200],
    ['backup', { path: `${tasksDir}.db` }, 200],
    ['inbox', { project: '/', others: true }, 200],
    ['inbox/seen', { project: '/', seen: [] }, 202],
    ['daemon/stop', {}, 202],
    ['clean', { all: true }, 200],
  ];
  for (const [path, body, status] of posts)
    assert.equal((await ask('POST', `/v1/${path}`, body)).status, status, path);
});

it('of the streams', async (t) => {
  const { app, run, kill, makeRoom } = serviceOf(t);
  await run({ name: 'a', queue: true });
  await kill('a');
  const events = await app.inject({ method: 'GET', url: '/v1/tasks/a/events' });
  const [ended] = linesOf(events.body).map((line) => EVENT.parse(line));
  assert.deepEqual([ended?.event, ended?.task?.status], ['ended', 'killed']);
  makeRoom();
  const payload = { mem_bytes: '1G', cpu_cores: 1, project: '/' };
  const ticket = await app.inject({ method: 'POST', url: '/v1/tickets', payload });
  assert.equal(WAITING.or(LEASE).parse(linesOf(ticket.body).at(-1)).event, 'capacity_available');
});
