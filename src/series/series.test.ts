// The series of a task on a real file: tiers, thinning, damage, and the bound of the file.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { type Field, TASK_FIELDS, TIERS } from './fields.ts';
import { OutsideLog } from './outside-log.ts';
import { SeriesRecorder } from './recorder.ts';
import { fileBytes } from './slots.ts';
import { Thinner, thinTo } from './thin.ts';
import { readSeries, Track } from './track.ts';

const START = Date.UTC(2026, 0, 1);
const MEM: readonly Field[] = [{ name: 'mem', thin: 'max', decimals: 0, help: '' }];
const CPU: readonly Field[] = [{ name: 'cpu', thin: 'mean', decimals: 2, help: '' }];

function directory(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'series-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const values = (second: number) => [second, second % 2, Number.NaN, 0];
/** A task that is sampled each second. */
function recorded(path: string, seconds: number): void {
  const track = new Track(path, TASK_FIELDS);
  for (let second = 0; second < seconds; second += 1)
    track.add({ at: START + 1000 * second + 300, values: values(second) });
  track.close();
}
const read = (path: string, nowMs: number, query = { since: 0, stepMs: 1000 }) =>
  readSeries(path, TASK_FIELDS, query, nowMs);

describe('a thinner', () => {
  it('gives one point a step: the highest of memory, the mean of the rest, nothing for unknown values', () => {
    const points = [0, 400, 900, 1000].map((at, index) => ({
      at,
      values: [[4, Number.NaN, 1, 7][index] ?? 0],
    }));
    assert.deepEqual(thinTo(1000, MEM, points), [
      { at: 0, values: [4] },
      { at: 1000, values: [7] },
    ]);
    assert.deepEqual(thinTo(1000, CPU, points)[0], { at: 0, values: [2.5] });
    assert.deepEqual(thinTo(1000, CPU, [{ at: 0, values: [Number.NaN] }]), [{ at: 0, values: [Number.NaN] }]);
    assert.equal(new Thinner(1000, CPU).close(), null);
  });
});

describe('a series', () => {
  it('of ten minutes has every second; an older part has steps of 10 s, then of 1 min', async (t) => {
    const path = join(directory(t), 'series');
    const seconds = 8 * 3600;
    recorded(path, seconds);
    const points = await read(path, START + 1000 * seconds);
    const steps = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? 0));
    const count = (stepMs: number) => steps.filter((step) => step === stepMs).length;
    assert.equal(count(1000), 599);
    assert.equal(count(10_000), 6 * 360 - 60);
    assert.equal(count(60_000), 2 * 60);
    assert.equal(points[0]?.at, START);
    assert.deepEqual(points.at(-1), { at: START + 1000 * (seconds - 1), values: values(seconds - 1) });
    assert.deepEqual(points[0]?.values, [59, 0.5, Number.NaN, 0]);
    assert.ok(statSync(path).size <= fileBytes(TASK_FIELDS));
  });

  it('ignores the place of a point that a pause has left over', async (t) => {
    const path = join(directory(t), 'series');
    const track = new Track(path, TASK_FIELDS);
    for (const second of [0, 1, 2000, 2001]) track.add({ at: START + 1000 * second, values: values(second) });
    track.close();
    const seconds = (await read(path, START + 2_100_000)).map(({ at }) => (at - START) / 1000);
    assert.deepEqual(seconds, [0, 2000, 2001]);
    recorded(path, 75);
    assert.equal((await read(path, START + 75_000)).length, 75);
  });

  it('is asked for by time and step', async (t) => {
    const path = join(directory(t), 'series');
    recorded(path, 100);
    const points = await read(path, START + 100_000, { since: START + 80_000, stepMs: 5000 });
    assert.deepEqual(
      points.map(({ at, values: [mem] }) => [(at - START) / 1000, mem]),
      [75, 80, 85, 90, 95].map((second) => [second, second + 4]).map(([at, mem]) => [at, mem]),
    );
  });

  it('survives damage: what is not a point of its place is left out, and no error reaches the task', async (t) => {
    const dir = directory(t);
    const path = join(dir, 'series');
    recorded(path, 30);
    const whole = await read(path, START + 30_000);
    truncateSync(path, 410);
    assert.deepEqual(await read(path, START + 30_000), whole.slice(0, 10));
    writeFileSync(path, Buffer.alloc(100_000, 0xff));
    assert.deepEqual(await read(path, START), []);
    recorded(path, 3);
    assert.equal((await read(path, START + 3000)).length, 3);
    for (const [name, make] of [
      ['directory', (at: string) => mkdirSync(at)],
      ['device', (at: string) => symlinkSync('/dev/null', at)],
      ['missing/series', () => {}],
    ] as const) {
      make(join(dir, name));
      recorded(join(dir, name), 3);
      assert.deepEqual(await read(join(dir, name), START + 3000), [], name);
    }
  });

  it('of any garbage has only points of the past, in order, of known numbers', async (t) => {
    const path = join(directory(t), 'series');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 4000 }), fc.nat(4000), async (bytes, at) => {
        recorded(path, 60);
        writeFileSync(path, bytes, { flag: 'r+', flush: false });
        truncateSync(path, Math.max(at, bytes.length));
        const points = await read(path, START + 60_000);
        assert.ok(points.every((point, index) => index === 0 || point.at > (points[index - 1]?.at ?? 0)));
        assert.ok(points.every((point) => point.at <= START + 120_000));
        assert.ok(points.every((point) => point.values.every((value) => value >= 0 || Number.isNaN(value))));
      }),
      { numRuns: 50 },
    );
  });

  it('loses at most ten seconds when the daemon is killed, and nothing when it stops', async (t) => {
    const dir = directory(t);
    const path = join(dir, 'series');
    const track = new Track(path, TASK_FIELDS);
    for (let second = 0; second < 39; second += 1)
      track.add({ at: START + 1000 * second, values: values(second) });
    assert.equal((await read(path, START + 39_000)).length, 30);
    track.close();
    assert.equal((await read(path, START + 39_000)).length, 39);
  });
});

describe('the record of programs outside', () => {
  it('is read since a time, without damaged lines, and keeps two files of bounded size', (t) => {
    const path = join(directory(t), 'outside');
    const log = new OutsideLog(path);
    const programs = 'x'.repeat(1000);
    for (let at = 1; at <= 2000; at += 1) log.append({ at, programs } as { readonly at: number });
    writeFileSync(path, '{"at":"never"}\nno JSON\n{"at":3000}\n{"at":30', { flag: 'a' });
    const kept = log.read(0);
    assert.deepEqual(kept.at(-1), { at: 3000 });
    assert.ok(kept.length > 500 && kept.length < 1100, `${kept.length}`);
    assert.deepEqual(
      log.read(1999).map(({ at }) => at),
      [1999, 2000, 3000],
    );
    for (const name of [path, `${path}.1`]) assert.ok(statSync(name).size < 2 ** 19 + 2 ** 11);
    assert.deepEqual(new OutsideLog('/nowhere/outside').read(0), []);
    new OutsideLog('/nowhere/outside').append({ at: 1 });
  });
});

describe('the recorder', () => {
  const task = 'a' as never;
  it('spreads the writes of tasks that start together, and answers with what is not written yet', async (t) => {
    const dir = directory(t);
    const recorder = new SeriesRecorder({ host: join(dir, 'host'), task: (id) => join(dir, id) });
    const ids = Array.from({ length: 20 }, (_, index) => `t${index}` as never);
    const written: number[] = [];
    for (let second = 0; second < 11; second += 1) {
      const tasks = ids.map((id) => ({ id, values: values(second), isIdle: false }));
      recorder.record({ at: START + 1000 * second, host: [1], tasks });
      written.push(
        ids.filter((id) => statSync(join(dir, id), { throwIfNoEntry: false }) !== undefined).length,
      );
    }
    const starts = written.map((count, index) => count - (written[index - 1] ?? 0));
    assert.ok(Math.max(...starts) <= 2, `${starts}`);
    const query = { since: 0, stepMs: 1000 };
    assert.equal((await recorder.task(ids[0] ?? task, query, START + 11_000)).length, 11);
    assert.equal((await recorder.host(query, START + 11_000)).length, 11);
    recorder.ended(ids[0] ?? task);
    assert.equal((await recorder.task(ids[0] ?? task, query, START + 20_000)).length, 11);
    recorder.close();
    assert.deepEqual(await recorder.task(task, query, START), []);
  });

  it('writes what an idle task measured once a minute', (t) => {
    const dir = directory(t);
    const recorder = new SeriesRecorder({ host: join(dir, 'host'), task: (id) => join(dir, id) });
    const seconds = Array.from({ length: 60 }, (_, second) => second);
    const written = seconds.filter((second) => {
      const tasks = [{ id: task, values: values(1), isIdle: true }];
      recorder.record({ at: START + 1000 * second, host: [1], tasks });
      const isWritten = statSync(join(dir, task), { throwIfNoEntry: false }) !== undefined;
      rmSync(join(dir, task), { force: true });
      return isWritten;
    });
    assert.equal(written.length, 1);
    recorder.close();
  });

  it('keeps a file of a task within half a MiB', () => {
    assert.ok(fileBytes(TASK_FIELDS) < 2 ** 19 + 2 ** 10);
    assert.deepEqual(
      TIERS.map(({ stepMs, count }) => (stepMs * count) / 60_000),
      [10, 360, 10_080],
    );
  });
});
