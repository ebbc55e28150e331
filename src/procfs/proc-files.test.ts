// Files of /proc, of processes that are there and of those that have gone.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { listPids, readProcFile, sizeField } from './proc-files.ts';

it('sizes are in bytes, and null where there is no such line', () => {
  const text = 'VmHWM:\t   20 kB\nVmRSS:\t    3 kB\n';
  assert.equal(sizeField(text, 'VmRSS'), 3 * 1024);
  assert.equal(sizeField(text, 'HWM'), null);
});

it('a process that has gone has no files', {
  skip: process.platform === 'linux' ? false : '/proc is of Linux',
}, () => {
  assert.ok(listPids().includes(process.pid));
  assert.match(readProcFile(process.pid, 'comm') ?? '', /\n$/);
  assert.equal(readProcFile(2 ** 22 + 1, 'comm'), null);
});
