// Available memory of a Mac, from recorded output of vm_stat.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsInactive, memorySource, parseVmStat } from './meminfo.ts';

const VM_STAT = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                                4218.
Pages active:                            243211.
Pages inactive:                          241905.
Pages speculative:                          900.
Pages throttled:                              0.
Pages wired down:                        117232.
Pages purgeable:                           3512.
"Translation faults":                 921839823.
`;

test('vm_stat: inactive and speculative pages are available, as file cache is', () => {
  assert.equal(parseVmStat(VM_STAT), 16384 * (4218 + 900 + 241905));
  assert.equal(parseVmStat('vm_stat: command not found'), null);
});

test('libuv counts inactive pages from 1.52 on', () => {
  assert.deepEqual(['1.51.0', '1.52.0', '1.52.1', '2.0.0', '1.6.0'].map(countsInactive), [
    ...[false, true, true, true, false],
  ]);
});

test('the source of the figures of memory is named', () => {
  assert.equal(memorySource([], 'linux', '1.51.0'), '/proc/meminfo');
  assert.equal(
    memorySource(['/sys/fs/cgroup/x'], 'linux', '1.51.0'),
    '/proc/meminfo, within the limit of /sys/fs/cgroup/x',
  );
  assert.match(memorySource([], 'darwin', '1.51.0'), /^vm_stat/);
  assert.match(memorySource([], 'darwin', '1.52.0'), /^process.availableMemory/);
});
