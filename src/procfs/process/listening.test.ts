// Listening sockets, from a /proc of files as Linux 6 prints them.
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import { listensOn } from './listening.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
/** 127.0.0.1:8080 listens, with inode 4711; 127.0.0.1:8081 is connected. */
const TCP = `${HEAD}
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F91 0100007F:A5A8 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
`;
/** [::]:9000 listens, with inode 4713. */
const TCP6 = `${HEAD}
   0: 00000000000000000000000000000000:2328 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
`;

describe('listensOn', () => {
  it('sees the listening sockets of the given processes only', (t) => {
    const proc = tempDir(t);
    for (const [pid, sockets] of [
      [10, [4711]],
      [11, [4712, 4713]],
      [12, []],
    ] as const) {
      mkdirSync(join(proc, String(pid), 'net'), { recursive: true });
      mkdirSync(join(proc, String(pid), 'fd'));
      writeFileSync(join(proc, String(pid), 'net/tcp'), TCP);
      writeFileSync(join(proc, String(pid), 'net/tcp6'), TCP6);
      for (const [fd, inode] of sockets.entries())
        symlinkSync(`socket:[${inode}]`, join(proc, String(pid), 'fd', String(fd)));
    }
    const TABLE: [pids: number[], port: number, listens: boolean][] = [
      [[10], 8080, true],
      [[12, 10], 8080, true],
      [[11, 12], 8080, false],
      [[11], 8081, false],
      [[11], 9000, true],
      [[10], 80, false],
      [[99], 8080, false],
      [[], 8080, false],
    ];
    for (const [pids, port, listens] of TABLE)
      assert.equal(listensOn(pids, port, proc), listens, `${pids} ${port}`);
  });
});
