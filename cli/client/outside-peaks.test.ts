// Who used the host outside of tasks lately: also programs that have ended, the largest part of the host first.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OutsidePoint } from '../../src/api/schemas/observe/outside.ts';
import { lookAt, PEAKS_MS, peaksOf, withLook } from './outside-peaks.ts';

const NOW = 10_000_000;
const HOST = { cores: 8, memBytes: 16 };
const program = (name: string, cpu: number, mem: number, belongsTo: string | null = null) => ({
  ...{ name, processes: 1, cpu_cores: cpu, mem_bytes: mem, belongs_to: belongsTo },
});
const look = (agoMs: number, ...programs: OutsidePoint['programs']): OutsidePoint => ({
  at: NOW - agoMs,
  programs,
});

describe('peaks of programs outside', () => {
  it('has the program that slowed the host down ten minutes ago, which has ended since', () => {
    const looks = [
      look(660_000, program('cc1plus', 4, 2)),
      look(600_000, program('cc1plus', 7.5, 3, 'agent 7f')),
    ];
    const [first, second, third] = peaksOf(looks, [program('sshd', 0.1, 1)], NOW, HOST);
    assert.deepEqual(
      [first?.name, first?.belongs_to, first?.now, first?.dim, first?.at, first?.most.cpu_cores],
      ['cc1plus', 'agent 7f', null, 'cpu', NOW - 600_000, 7.5],
    );
    assert.equal(second?.belongs_to, null, 'the same program of another session is another row');
    assert.deepEqual([third?.name, third?.now?.cpu_cores], ['sshd', 0.1]);
  });

  it('compares memory and cores by their part of the host', () => {
    const [first, second] = peaksOf([look(5000, program('a', 4, 1), program('b', 1, 12))], [], NOW, HOST);
    assert.deepEqual([first?.name, first?.dim, second?.name, second?.dim], ['b', 'mem', 'a', 'cpu']);
  });

  it('leaves out what was small and has ended', () =>
    assert.deepEqual(peaksOf([look(5000, program('a', 0.5, 1))], [], NOW, HOST), []));

  it('shows the use of now and the most of a program that runs', () => {
    const [only] = peaksOf([look(5000, program('a', 8, 1))], [program('a', 2, 1)], NOW, HOST);
    assert.deepEqual([only?.now?.cpu_cores, only?.most.cpu_cores, only?.at], [2, 8, NOW - 5000]);
  });
});

describe('looks', () => {
  it('frames that share a look add it once, and an hour is kept', () => {
    const old = look(PEAKS_MS + 1);
    const recent = look(PEAKS_MS - 1);
    const looks = withLook([old, recent], look(0));
    assert.deepEqual(looks, [recent, look(0)]);
    assert.equal(withLook(looks, { at: NOW + 9000, programs: [] }), looks);
  });

  it('the use at a time is in the look after it, as each shows the use since the one before', () => {
    const looks = [look(150_000), look(100_000), look(50_000)];
    assert.equal(lookAt(looks, NOW - 120_000), looks[1]);
    assert.equal(lookAt(looks, NOW - 10_000), looks[2]);
    assert.equal(lookAt(looks, NOW - 300_000), null);
    assert.equal(lookAt([], NOW), null);
  });
});
