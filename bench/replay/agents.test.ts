// A workload of agents' commands small enough to be scheduled by hand.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempDir } from '../../test/support/temp-dir.ts';
import { replayAgents } from './agents.ts';
import { parseAgentRuns } from './agents-csv.ts';

const HEAD = 'id,owner,command,submit_s,run_s,peak_mb,cores';
const CSV = `${HEAD}
3,bob,"make -j2, ""all""",2,90,1024,2
1,alice,pytest,0,90,1024,1
2,alice,pytest,0,90,1024,1
`;
const GIB = 1024 ** 3;
const host = { cores: 2, memBytes: 24 * GIB };

describe('parseAgentRuns', () => {
  it('reads the columns that it needs, by submission', () => {
    const runs = parseAgentRuns(CSV);
    assert.deepEqual(
      runs.map(({ id, owner }) => [Number(id), owner]),
      [
        [1, 'alice'],
        [2, 'alice'],
        [3, 'bob'],
      ],
    );
    assert.deepEqual([runs[2]?.submitMs, runs[2]?.runMs, runs[2]?.peakMemBytes], [2000, 90_000, GIB]);
  });

  it('refuses a line without its numbers', () =>
    assert.throws(() => parseAgentRuns(`${HEAD}\n1,alice,x,0\n`), /line 2/));
});

describe('replayAgents', () => {
  const runs = parseAgentRuns(CSV);

  it('starts what fits, and shares the CPU of the parent group', () => {
    const { waitsMs, tookMs, makespanMs } = replayAgents(runs, { host, understater: null, isPriced: true });
    // alice's two runs fill the cores, with 1.8 of 2 for both; the build of bob follows with its whole 1.8.
    assert.deepEqual(waitsMs.map(Math.round), [0, 0, 98_000]);
    assert.deepEqual(tookMs.map(Math.round), [100_000, 100_000, 90_000]);
    assert.equal(Math.round(makespanMs), 190_000);
  });

  it('lets an owner that understates start beside more, unless it is priced', () => {
    const part = 0.5;
    const later = runs
      .slice(1)
      .map((run) => ({ ...run, id: `1${run.id}`, submitMs: run.submitMs + 3_600_000 }));
    const twice = [...runs, ...later];
    const waitOf = (isPriced: boolean) =>
      replayAgents(twice, { host, understater: { owner: 'bob', part }, isPriced }).waitsMs[4] ?? 0;
    assert.equal(waitOf(false), 0);
    assert.ok(waitOf(true) > 0);
  });
});

describe('bench/agents.ts', () => {
  it('prints a row for each size of host and charge, and refuses wrong usage', (t) => {
    const file = join(tempDir(t), 'runs.csv');
    writeFileSync(file, CSV);
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ['--no-warnings', join(import.meta.dirname, '../agents.ts'), ...args], {
        encoding: 'utf8',
        timeout: 60_000,
      });
    const { status, stdout, stderr } = run(file, '--cores=2', '--samples=1', '--json');
    assert.equal(status, 0, stderr);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      rows.map(({ cores, charged }) => [cores, charged]),
      [
        [2, 'declared'],
        [2, 'priced'],
      ],
    );
    assert.equal(run().status, 64);
  });
});
