// A relay without a free file descriptor: it keeps its attempts, and does what it could not do later.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { withoutDescriptors } from '../../test/support/without-descriptors.ts';

/** An attempt whose command has started and sleeps. */
function rig(t: TestContext) {
  const dir = join(tempDir(t), '1');
  mkdirSync(dir);
  execFileSync('mkfifo', [`${dir}.out`]);
  const command = spawn('sleep', ['600'], { detached: true });
  t.after(() => command.kill('SIGKILL'));
  appendFileSync(
    join(dir, 'claim'),
    `claimed 1.5\nstarted 1.5 ${readFileSync(`/proc/${command.pid}/stat`, 'utf8')}`,
  );
  return { dir, command };
}

const use = (dir: string) => `
const { RelayedAttempt } = await import(${JSON.stringify(join(import.meta.dirname, 'attempt.ts'))});
const frames = [];
const attempt = new RelayedAttempt(${JSON.stringify(dir)}, { onIdle() {}, onShown() {}, pause() {} });
const client = { send: (kind, content) => void frames.push(kind), waitsForTerminal: false, end() {}, moveTo() {} };
`;

it('opens the pipes of a command, and reports its end, when it has descriptors again', (t) => {
  const { dir } = rig(t);
  const printed = withoutDescriptors(`${use(dir)}
const { appendFileSync, writeSync } = await import('node:fs');
const give = exhaust();
attempt.attach(client, null);
attempt.look();
console.log(frames.length);
give();
attempt.look();
const writer = openSync('${dir}.out', 'w');
writeSync(writer, 'text');
appendFileSync('${dir}/claim', 'exit 2.5 3\\nclosed 2.5\\n');
closeSync(writer);
while (frames.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
attempt.taken(3, 4);
while (!attempt.isOver) await new Promise((resolve) => setTimeout(resolve, 10));
console.log(frames.join());
process.exit(0);
`);
  assert.deepEqual(printed.split('\n'), ['0', '2,3,7', '']);
});

it('sends a signal of its client when it can read the records again', async (t) => {
  const { dir, command } = rig(t);
  const ended = once(command, 'exit');
  withoutDescriptors(`${use(dir)}
const give = exhaust();
attempt.wish({ wish: 'signal', signal: 'SIGTERM', number: 1 });
attempt.attach(client, null);
attempt.detach();
give();
const { readFileSync } = await import('node:fs');
while (!readFileSync('/proc/${command.pid}/stat', 'utf8').includes(') Z')) await new Promise((resolve) => setTimeout(resolve, 10));
process.exit(0);
`);
  assert.deepEqual(await ended, [null, 'SIGTERM']);
});
