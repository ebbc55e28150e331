// The daemon's side of the relay, with a real relay.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { openRelay } from './control.ts';

const TASK = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

/** A home with one attempt, whose supervisor lives. */
function rig(t: TestContext) {
  let close = () => {};
  const home = tempDir(t, () => close());
  const dir = join(home, 'tasks', TASK, '1');
  mkdirSync(dir, { recursive: true });
  writeFileSync(`${dir}.in`, '');
  const stat = readFileSync('/proc/self/stat', 'utf8');
  appendFileSync(join(dir, 'claim'), `supervisor 1.5 ${stat}started 1.5 ${stat}`);
  const relay = openRelay(home, join(home, 'relay.sock'), () => {});
  close = () => relay.close();
  return { home, dir, relay };
}

it('reports an end from before the relay could be reached', async (t) => {
  const { dir, relay } = rig(t);
  relay.open(dir);
  relay.over(dir);
  await waitUntil(() => !existsSync(`${dir}.in`), { what: 'the pipes to be removed' });
});
