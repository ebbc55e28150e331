// The daemon's side of the relay, with a real relay.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { processesOf } from '../../test/support/processes.ts';
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
  const reportsEnd = () => waitUntil(() => !existsSync(`${dir}.in`), { what: 'the pipes to be removed' });
  return { home, dir, relay, reportsEnd };
}

function stop(pid: number | undefined): void {
  process.kill(pid ?? Number.NaN, 'SIGSTOP');
}

it('reports an end from before the relay could be reached', async (t) => {
  const { dir, relay, reportsEnd } = rig(t);
  relay.open(dir);
  relay.over(dir);
  await reportsEnd();
});

it('continues a relay that was stopped before it could listen', async (t) => {
  const { home, dir, relay, reportsEnd } = rig(t);
  relay.open(dir);
  await waitUntil(() => processesOf(home).length > 0, { what: 'the relay' });
  stop(Number.parseInt(processesOf(home)[0] ?? '', 10));
  relay.over(dir);
  await reportsEnd();
});

it('leaves no relay of an earlier daemon that was stopped before it could listen', async (t) => {
  const { home, dir, relay, reportsEnd } = rig(t);
  const program = ['--no-warnings', join(import.meta.dirname, 'main.ts'), home];
  const { pid } = spawn(process.execPath, program, { stdio: 'ignore' });
  stop(pid);
  relay.open(dir);
  relay.over(dir);
  await reportsEnd();
});

it('continues a relay of an earlier daemon that was stopped before it could greet', async (t) => {
  const { home, dir, relay, reportsEnd } = rig(t);
  const program = ['--no-warnings', join(import.meta.dirname, 'main.ts'), home];
  const { pid } = spawn(process.execPath, program, { stdio: 'ignore' });
  await waitUntil(() => existsSync(join(home, 'relay.sock')), { what: 'the relay' });
  stop(pid);
  relay.open(dir);
  relay.over(dir);
  await reportsEnd();
});
