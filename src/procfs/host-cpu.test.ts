// The CPU time of the host, from pasted lines of kernels.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allowedCores, busyTicksOf, parseHostCpu, readHostCpu } from './host-cpu.ts';

describe('the CPU time of the host', () => {
  it('leaves out idle time and waiting for I/O, and counts stolen time', () => {
    const text = 'cpu  1000 20 300 5000 400 5 6 7 800 9\ncpu0 500 10 150 2500 200 2 3 3 400 4\nintr 1 2\n';
    assert.deepEqual(parseHostCpu(text), { busyTicks: 1338, totalTicks: 6738 });
  });

  it('is null without the line, and without the file', () => {
    assert.equal(parseHostCpu('intr 1 2\n'), null);
    assert.equal(readHostCpu('/nonexistent'), null);
  });

  it('counts only the cores that the process may use', () => {
    const text = 'cpu  60 0 0 9\ncpu0 10 0 0 3\ncpu1 20 0 0 3\ncpu10 30 0 0 3\nintr 1\n';
    assert.equal(busyTicksOf(text, null), 60);
    assert.equal(busyTicksOf(text, new Set([0, 10])), 40);
    const cores = allowedCores('Cpus_allowed:\tf0d\nCpus_allowed_list:\t0,2-3,8-11\nMems_allowed:\t1\n');
    assert.deepEqual([...(cores ?? [])], [0, 2, 3, 8, 9, 10, 11]);
    assert.equal(allowedCores('Name:\tnode\n'), null);
  });
});
