// A request that takes longer than a second draws a bar, and leaves nothing behind.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Session } from '../client/session.ts';
import { whileBusy } from './busy.ts';
import type { Output } from './output.ts';

function rig(jsonMessages: boolean, env: NodeJS.ProcessEnv = {}) {
  const written: string[] = [];
  const output = { jsonMessages, message: (text: string) => void written.push(text) } as unknown as Output;
  return { written, context: { output, session: { env } as Session } };
}

it('draws after a second, with the share that is known, and clears the line at the end', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { written, context } = rig(false);
  let end: (value: string) => void = () => {};
  const work = new Promise<string>((resolve) => {
    end = resolve;
  });
  let share: number | null = null;
  const done = whileBusy(
    context,
    'clean',
    () => work,
    () => share,
  );
  t.mock.timers.tick(999);
  assert.deepEqual(written, []);
  t.mock.timers.tick(1);
  share = 0.5;
  t.mock.timers.tick(250);
  assert.deepEqual(written, [
    '\r\x1b[Kclean [####----------------] 1s',
    '\r\x1b[Kclean [##########----------] 50% 1.3s',
  ]);
  end('ok');
  assert.equal(await done, 'ok');
  assert.equal(written.at(-1), '\r\x1b[K');
});

it('keeps the line within the terminal', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { written, context } = rig(false, { COLUMNS: '20' });
  const done = whileBusy(context, 'clean', () => new Promise((resolve) => setTimeout(resolve, 1100)));
  t.mock.timers.tick(1100);
  await done;
  assert.deepEqual(written, ['\r\x1b[Kclean [####--------', '\r\x1b[K']);
});

it('draws nothing for a program, on a dumb terminal, and for a short request', async () => {
  for (const { written, context } of [rig(true), rig(false, { TERM: 'dumb' }), rig(false)]) {
    assert.equal(await whileBusy(context, 'clean', () => Promise.resolve(7)), 7);
    await assert.rejects(whileBusy(context, 'clean', () => Promise.reject(new Error('no'))));
    assert.deepEqual(written, []);
  }
});
