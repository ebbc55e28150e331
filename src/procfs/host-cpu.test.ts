// The CPU time of the host, from pasted lines of kernels.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseHostCpu, readHostCpu } from './host-cpu.ts';

describe('the CPU time of the host', () => {
  it('leaves out idle time and waiting for I/O, and counts stolen time', () => {
    const text = 'cpu  1000 20 300 5000 400 5 6 7 800 9\ncpu0 500 10 150 2500 200 2 3 3 400 4\nintr 1 2\n';
    assert.deepEqual(parseHostCpu(text), { busyTicks: 1338, totalTicks: 6738 });
  });

  it('is null without the line, and without the file', () => {
    assert.equal(parseHostCpu('intr 1 2\n'), null);
    assert.equal(readHostCpu('/nonexistent'), null);
  });
});
