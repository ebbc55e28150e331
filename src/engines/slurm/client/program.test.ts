import assert from 'node:assert/strict';
import { it } from 'node:test';
import { withoutDescriptors } from '../../../../test/support/without-descriptors.ts';

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
