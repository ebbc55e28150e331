// A command that stays after SIGKILL, as one in uninterruptible sleep does, is given up at the limit. One that cannot be
// started fails.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { DEADLINE_MS } from '../../test/support/budget.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { withoutDescriptors } from '../../test/support/without-descriptors.ts';
import { deliver } from './deliver.ts';
import type { Message } from './message.ts';

/** The parent of a traced process learns of its end when the tracer has: this one, outside of its group, does not look. */
const STAYS = `
import ctypes, os, signal
c = ctypes.CDLL(None)
PR_SET_PTRACER, ANY, PTRACE_SEIZE = 0x59616d61, ctypes.c_ulong(-1), 0x4206
c.prctl(PR_SET_PTRACER, ANY, 0, 0, 0)
traced = os.getpid()
if os.fork() == 0:
    os.setsid()
    result = c.ptrace(PTRACE_SEIZE, traced, None, None)
    with open('part', 'w') as f: f.write(f'{os.getpid()} {result}')
    os.rename('part', 'tracer')
signal.pause()
`;

it('fails at the limit without the end of the command', {
  timeout: DEADLINE_MS,
  skip: process.platform !== 'linux' && 'needs ptrace of Linux',
}, async (t) => {
  let tracer: number | undefined;
  const cwd = tempDir(t, () => {
    t.mock.timers.reset();
    if (tracer !== undefined) process.kill(tracer, 'SIGKILL');
  });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const action = { kind: 'command', line: `exec python3 -c "$STAYS"` } as const;
  const deps = { bash: '/bin/bash', home: cwd, identity: 'it', version: '1.0.0' };
  const sent = deliver(deps, { action, env: { ...process.env, STAYS }, cwd }, {} as Message);
  const report = join(cwd, 'tracer');
  const end = performance.now() + DEADLINE_MS;
  while (!existsSync(report) && performance.now() < end) await turn();
  const [pid, result] = readFileSync(report, 'utf8').split(' ').map(Number);
  tracer = pid;
  assert.equal(result, 0, 'ptrace');
  t.mock.timers.tick(30_000);
  await assert.rejects(sent, { message: 'took longer than 30 s' });
});

it('fails when no file descriptor is left', () => {
  const url = new URL('deliver.ts', import.meta.url);
  const printed = withoutDescriptors(`
    const { deliver } = await import('${url}');
    const deps = { bash: '/bin/bash', home: '/', identity: 'it', version: '1.0.0' };
    exhaust();
    await deliver(deps, { action: { kind: 'command', line: 'true' }, env: {}, cwd: '/' }, {}).catch(({ message }) => console.log(message));
  `);
  assert.match(printed, /EMFILE/);
});
