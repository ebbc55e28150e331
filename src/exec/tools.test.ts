// The programs that start an attempt, by platform.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { findTools } from './tools.ts';

const place = tempDir({ after });
before(() => {
  for (const name of [
    'dd',
    'mv',
    'rm',
    'wc',
    'mkfifo',
    'env',
    'nice',
    'bash',
    'chrt',
    'ionice',
    'taskpolicy',
    'script',
  ])
    writeFileSync(join(place, name), '', { mode: 0o755 });
});

describe('findTools', () => {
  it('uses the lowest classes of CPU and IO of the platform', () => {
    const words = (platform: NodeJS.Platform) => findTools(10, [place], platform).background;
    assert.deepEqual(words('linux'), [join(place, 'ionice'), '-c', '3', join(place, 'chrt'), '-i', '0']);
    assert.deepEqual(words('darwin'), [join(place, 'taskpolicy'), '-b']);
    assert.deepEqual(words('freebsd'), []);
  });

  it('knows whether script(1) is that of util-linux or of BSD', () => {
    for (const platform of ['linux', 'darwin'] as const) {
      const { script, isBsdScript } = findTools(10, [place], platform);
      assert.deepEqual([script, isBsdScript], [join(place, 'script'), platform === 'darwin']);
    }
  });

  it('does not use the script(1) of busybox, which cannot return an exit code', () => {
    const first = join(place, 'busybox-links');
    mkdirSync(first);
    writeFileSync(join(first, 'busybox'), '', { mode: 0o755 });
    symlinkSync('busybox', join(first, 'script'));
    assert.equal(findTools(10, [first, place]).script, null);
  });

  it('names the missing program, and the searched directories', () => {
    rmSync(join(place, 'dd'));
    assert.throws(() => findTools(10, [place]), {
      message: `dd not found in ${place}. Install it and try again`,
    });
  });
});
