import assert from 'node:assert/strict';
import { it } from 'node:test';
import { withoutDescriptors } from '../../../../test/support/without-descriptors.ts';
import { runProgram } from './program.ts';

it('a program that gets no file descriptor leaves its engine unreachable', () => {
  const url = new URL('program.ts', import.meta.url);
  const printed = withoutDescriptors(`
    const { runProgram } = await import('${url}');
    exhaust();
    const limits = { limitMs: 10_000, conf: null, env: { PATH: '/bin:/usr/bin' } };
    await runProgram({ program: 'true', args: [] }, limits).catch(({ code, message }) => console.log(code, message));
  `);
  assert.match(printed, /^engine_unreachable true cannot be started: .*EMFILE/);
});

it('a program that would only ask again is ended', async () => {
  const call = {
    program: 'sh',
    args: ['-c', 'echo the queue is full >&2; exec sleep 600'],
    endsAt: /is full/,
  };
  const limits = { limitMs: 600_000, conf: null, env: { PATH: '/bin:/usr/bin' } };
  assert.deepEqual(await runProgram(call, limits), { code: null, stdout: '', stderr: 'the queue is full\n' });
});
