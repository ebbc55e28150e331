// The output of a command, read into buffers that are used again.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { type Piece, readPipe } from './output-pipe.ts';

/** Numbered blocks, some of them shorter than others, so that a buffer that is used too early shows. */
const BLOCKS = `for ((i = 0; i < 400; i++)); do printf '%0*d\\n' $((i % 7 ? 40000 : 20)) $i; done`;

it('is whole and in order, whatever of it is kept for longer', async (t) => {
  const path = join(tempDir(t), 'out');
  execFileSync('mkfifo', [path]);
  const kept: Piece[] = [];
  const seen: Buffer[] = [];
  const buffers = new Set<ArrayBufferLike>();
  const socket = readPipe(path, (piece) => {
    buffers.add(piece.content.buffer);
    kept.push(piece);
    // Of five pieces one stays, as for a client that is slow.
    while (kept.length > 5) {
      const [first] = kept.splice(0, 1);
      seen.push(Buffer.from(first?.content ?? ''));
      first?.recycle();
    }
  });
  const writer = spawn('bash', ['-c', BLOCKS], { stdio: ['ignore', 'pipe', 'inherit'] });
  const copier = spawn('bash', ['-c', 'exec cat >"$1"', 'bash', path], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  writer.stdout.pipe(copier.stdin);
  await once(socket, 'close');
  const text = Buffer.concat([...seen, ...kept.map(({ content }) => content)]).toString();
  const expected = execFileSync('bash', ['-c', BLOCKS], { encoding: 'utf8', maxBuffer: 1e9 });
  assert.ok(text === expected, `${text.length} bytes of ${expected.length}`);
  const large = [...buffers].filter(({ byteLength }) => byteLength === 65536).length;
  assert.ok(large > 0 && large <= 40, `${large} buffers`);
});
