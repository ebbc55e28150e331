import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aTask } from '../../test/support/build/build-task.ts';
import type { RecordedEvent } from '../core/events.ts';
import type { NotifyTarget } from '../core/notify.ts';
import { matches, messageOf } from './message.ts';

const task = aTask({ owner: 'me', project: '/p', tags: ['nightly'] });
const stored = { seq: 7, at: 0, taskId: task.id, name: task.name };
const ended = (status: 'completed' | 'killed'): RecordedEvent => ({ event: 'ended', status, ...stored });
const stall: RecordedEvent = {
  event: 'stall_risk',
  silent_s: 60,
  kill_in_s: 60,
  diagnosis: 'it sleeps',
  last_line: 'password: x',
  last_line_age_s: 60,
  hint: 'look at it',
  ...stored,
};
const target: NotifyTarget = {
  name: 'x',
  on: ['ended'],
  owner: null,
  project: null,
  tag: null,
  statuses: null,
  action: { kind: 'desktop' },
};

describe('a target matches', () => {
  const ROWS: readonly (readonly [change: Partial<NotifyTarget>, event: RecordedEvent, expected: boolean])[] =
    [
      [{}, ended('completed'), true],
      [{}, stall, false],
      [{ on: ['stall_risk'] }, stall, true],
      [{ on: ['killed'] }, ended('completed'), false],
      [{ on: ['killed'] }, ended('killed'), true],
      [{ statuses: ['failed', 'killed'] }, ended('killed'), true],
      [{ statuses: ['failed'] }, ended('killed'), false],
      [{ on: ['stall_risk'], statuses: ['failed'] }, stall, false],
      [{ owner: 'me', project: '/p', tag: 'nightly' }, ended('completed'), true],
      [{ owner: 'you' }, ended('completed'), false],
      [{ project: '/q' }, ended('completed'), false],
      [{ tag: 'daily' }, ended('completed'), false],
      [{ action: { kind: 'codex', endpoint: '', session: null, secretFile: null } }, ended('killed'), true],
    ];
  for (const [change, event, expected] of ROWS)
    it(`${event.event} with ${JSON.stringify(change)}: ${expected}`, () =>
      assert.equal(matches({ ...target, ...change }, event, task), expected));
});

it('a prompt needs a session: that of the target, or the owner of the task', () => {
  const anonymous = aTask({ project: '/p' });
  const to = (session: string | null): NotifyTarget => ({
    ...target,
    action: { kind: 'opencode', url: 'http://h', session, secretFile: null },
  });
  assert.deepEqual(
    [to(null), to('ses_1')].map((each) => matches(each, ended('completed'), anonymous)),
    [false, true],
  );
});

it('a message has no output', () => {
  assert.doesNotMatch(JSON.stringify(messageOf(stall, task)), /password/);
  assert.deepEqual(messageOf(stall, task), {
    event: 'stall_risk',
    seq: 7,
    at: '1970-01-01T00:00:00.000Z',
    id: task.id,
    name: task.name,
    project: '/p',
    owner: 'me',
    attempt: task.attempts,
    silent_s: 60,
    kill_in_s: 60,
    hint: 'look at it',
  });
});
