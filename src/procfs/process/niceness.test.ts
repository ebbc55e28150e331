// Niceness of real processes, every thread of them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import { it } from 'node:test';
import { renice } from './niceness.ts';

it('changes every thread of a process, and passes over one that is gone', async () => {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const pid = child.pid ?? -1;
  const gone = spawn('true');
  await once(gone, 'close');
  renice([gone.pid ?? -1, pid], 19);
  const threads = process.platform === 'linux' ? readdirSync(`/proc/${pid}/task`).map(Number) : [pid];
  assert.ok(process.platform !== 'linux' || threads.length > 1);
  assert.deepEqual(new Set(threads.map((thread) => getPriority(thread))), new Set([19]));
  child.kill('SIGKILL');
  await once(child, 'close');
});
