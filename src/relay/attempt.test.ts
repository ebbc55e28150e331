// The relay of an attempt whose command ends before it has opened its pipes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, constants, existsSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { RelayedAttempt } from './attempt.ts';
import { KIND } from './frames.ts';

const END = [KIND.end, '{"code":3,"signal":null,"startFailed":null}'];

for (const opened of [[], ['out'], ['out', 'err']])
  it(`reports the end when the command has opened ${opened.join(' and ') || 'no pipe'}`, async (t) => {
    const dir = join(tempDir(t), '1');
    mkdirSync(dir);
    execFileSync('mkfifo', [`${dir}.out`, `${dir}.err`]);
    const frames: unknown[] = [];
    const attempt = new RelayedAttempt(dir, { onIdle() {}, onShown() {}, pause() {} });
    const send = (kind: number, content: Buffer) => void frames.push([kind, String(content)]);
    attempt.attach({ send, end() {}, moveTo() {} }, null);
    appendFileSync(join(dir, 'claim'), 'claimed 1.5\nstarted 1.5 1 (x) S 1 1\n');
    attempt.look();
    for (const name of opened) {
      const fd = openSync(`${dir}.${name}`, constants.O_WRONLY | constants.O_NONBLOCK);
      writeSync(fd, name);
      closeSync(fd);
    }
    appendFileSync(join(dir, 'claim'), 'exit 2.5 3\n');
    await waitUntil(() => attempt.isOver, { what: 'the end' });
    attempt.taken(KIND.out, 3);
    attempt.taken(KIND.err, 3);
    const outputs = [KIND.out, KIND.err]
      .map((kind, at) => [kind, ['out', 'err'][at]])
      .slice(0, opened.length);
    const pipes = [
      { stream: KIND.out, path: `${dir}.out` },
      { stream: KIND.err, path: `${dir}.err` },
    ];
    const ready = [KIND.ready, JSON.stringify({ stdin: null, outputs: pipes })];
    assert.deepEqual(frames, [ready, ...outputs, END]);
    assert.ok(!existsSync(`${dir}.out`));
  });
