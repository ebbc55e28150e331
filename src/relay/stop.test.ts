// Which pauses of a task the relay undoes.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { TaskPause } from './stop.ts';

it('resumes a task only when it has paused it, or an earlier relay has', async (t) => {
  const dir = tempDir(t);
  const [socket, mark] = [join(dir, 'daemon.sock'), join(dir, '1.pause')];
  const asked: string[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(String(url?.split('/').at(-1)));
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.after(() => server.close());
  const until = (count: number) => waitUntil(() => asked.length >= count, { what: `${count} requests` });

  const first = new TaskPause(socket, 'x', mark, () => false);
  first.set(false);
  first.set(true);
  await until(1);
  assert.ok(existsSync(mark));
  const second = new TaskPause(socket, 'x', mark, () => false);
  second.set(false);
  await waitUntil(() => !existsSync(mark), { what: 'the mark to go' });
  const third = new TaskPause(socket, 'x', mark, () => false);
  third.set(false);
  third.set(true);
  await until(3);
  assert.deepEqual(asked, ['pause', 'resume', 'pause']);
});
