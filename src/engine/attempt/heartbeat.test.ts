// One record a minute, bounded, and read back after a crash.
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { Progress } from '../../core/progress.ts';
import type { Sample } from '../../watchdog/state.ts';
import { Heartbeat, readHeartbeats } from './heartbeat.ts';

async function recordsOf(taskDir: string) {
  const records = [];
  for await (const record of readHeartbeats(taskDir)) records.push(record);
  return records;
}

const MIB = 1024 ** 2;
const START = Date.UTC(2026, 10, 21, 14, 30, 10);
const PROGRESS: Progress = {
  done: 3,
  total: 42,
  pct: 7.1,
  phase: 'upload',
  failed: 1,
  eta_s: 90,
  note: null,
  source: 'reported',
};

/** After so many seconds, of which all but the idle ones took 1.5 cores. */
function sampleAt(seconds: number): Sample {
  return {
    now: { wallMs: START + seconds * 1000, monoMs: seconds * 1000 },
    memBytes: 100.25 * MIB,
    cpuUsec: seconds * 1.5e6,
    ioReadBytes: null,
    ioWriteBytes: null,
    oomKills: 0,
    isOomAtOwnCap: false,
    strays: [],
    outlived: null,
    demand: null,
    waitPerCpuSecond: null,
    pidsMaxHits: 0,
    outputBytes: 0,
    outputAt: null,
  };
}

describe('the heartbeat', () => {
  it('is one record for each minute, with null for unknown fields', async (t) => {
    const dir = tempDir(t);
    const heart = new Heartbeat(dir);
    for (let second = 0; second <= 125; second += 1)
      heart.beat('batch', sampleAt(second), () => (second < 100 ? null : PROGRESS));
    const records = await recordsOf(dir);
    assert.deepEqual(records, [
      {
        timestamp: '2026-11-21T14:31:00.000Z',
        job_name: 'batch',
        phase: null,
        items_total: null,
        items_done: null,
        items_failed: null,
        eta_minutes: null,
        rss_mb: 100.3,
        cpu_pct: 150,
      },
      {
        timestamp: '2026-11-21T14:32:00.000Z',
        job_name: 'batch',
        phase: 'upload',
        items_total: 42,
        items_done: 3,
        items_failed: 1,
        eta_minutes: 1.5,
        rss_mb: 100.3,
        cpu_pct: 150,
      },
    ]);
  });

  it('is bounded', async (t) => {
    const dir = tempDir(t);
    const heart = new Heartbeat(dir);
    for (let minute = 0; minute < 20_000; minute += 1)
      heart.beat('x'.repeat(128), sampleAt(minute * 60), () => PROGRESS);
    assert.deepEqual(readdirSync(dir).sort(), ['heartbeat.jsonl', 'heartbeat.jsonl.1']);
    for (const file of readdirSync(dir)) assert.ok(statSync(join(dir, file)).size < 1.01 * MIB);
    const records = await recordsOf(dir);
    const last = new Date(START + 19_999 * 60_000).toISOString();
    assert.equal(records.at(-1)?.timestamp, last);
    assert.ok(records.length > 24 * 60);
  });

  it('is appended over restarts, and a cut record is skipped', async (t) => {
    const dir = tempDir(t);
    writeFileSync(join(dir, 'heartbeat.jsonl'), '{"timestamp":"a"}\n{"timest');
    assert.equal((await recordsOf(dir)).length, 1);
    appendFileSync(join(dir, 'heartbeat.jsonl'), '\n');
    const heart = new Heartbeat(dir);
    heart.beat('batch', sampleAt(0), () => null);
    heart.beat('batch', sampleAt(60), () => null);
    assert.equal((await recordsOf(dir)).length, 2);
  });

  it('of a removed task is dropped without an error', async (t) => {
    const dir = join(tempDir(t), 'gone');
    const heart = new Heartbeat(dir);
    heart.beat('batch', sampleAt(0), () => null);
    heart.beat('batch', sampleAt(60), () => null);
    assert.deepEqual(await recordsOf(dir), []);
  });
});
