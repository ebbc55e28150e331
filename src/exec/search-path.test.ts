// PATH of a task: babysit's directory at the end, only when it is needed.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { pathWithBabysit } from './search-path.ts';

it('adds the directory of babysit at the end of a PATH that does not find it', (t) => {
  const dir = tempDir(t);
  const [bin, other] = [join(dir, 'bin'), join(dir, 'other')];
  for (const made of [bin, other, join(other, 'babysit')]) mkdirSync(made);
  writeFileSync(join(bin, 'babysit'), '', { mode: 0o755 });
  const cases: [string, string][] = [
    ['/usr/bin:/bin', '/usr/bin:/bin:/opt/babysit'],
    [`/bin:${bin}`, `/bin:${bin}`],
    ['bin', 'bin'],
    ['/bin::', '/bin:::/opt/babysit'],
  ];
  for (const [path, expected] of cases) assert.equal(pathWithBabysit(path, dir, '/opt/babysit'), expected);
  assert.equal(pathWithBabysit('/bin', dir, null), '/bin');
});
