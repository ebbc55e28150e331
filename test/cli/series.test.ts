// babysit series, babysit metrics, the live stream and the OpenAPI document, on one daemon.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Frames } from '../../cli/client/frames.ts';
import type { FrameView } from '../../src/api/schemas/observe/live.ts';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { daemonPid } from '../support/processes.ts';
import { openApiValidator } from '../support/rigs/openapi-validator.ts';
import { waitUntil } from '../support/wait-until.ts';

const home = testHome({ after }, { watchdog: { monitor_interval: '100ms' } });
const ok = async (...args: string[]) => {
  const { code, stdout, stderr } = await home.run(args);
  assert.equal(code, 0, stderr);
  return stdout;
};
const tasks = join(home.dir, 'tasks');

describe('series', () => {
  it('prints the points of a task and of the host in each format, also after a kill of the daemon', async () => {
    await ok('run', ...SMALL, '--name=long', 'sleep 600');
    // The first point is in the file when it is read together with the next one.
    await waitUntil(async () => jsonLines(await ok('series', 'long')).length > 1, { what: 'two points' });
    const [point] = jsonLines(await ok('series', 'long', '--format=jsonl'));
    assert.match(String(point?.at), /^\d{4}-.*:\d\d\.000Z$/);
    assert.ok(Number(point?.mem_bytes) > 0);
    const [header, row] = (await ok('series', 'long', '--format=csv', '--since=1h')).split('\n');
    assert.equal(header, 'at,mem_bytes,cpu_cores,io_read_bytes_per_s,io_write_bytes_per_s');
    assert.equal(row?.split(',').length, 5);
    const whole = jsonLine(await ok('series', '--format=json', '--step=5s'));
    assert.equal(whole.step_ms, 5000);
    assert.ok((whole.points as unknown[]).length > 0);
    process.kill(daemonPid(home), 'SIGKILL');
    await ok('kill', 'long', '--force');
    await waitUntil(async () => jsonLine(await ok('status', 'long')).status === 'killed', {
      what: 'the end',
    });
    assert.deepEqual(jsonLines(await ok('series', 'long'))[0]?.at, point?.at);
    writeFileSync(join(tasks, readdirSync(tasks)[0] ?? '', 'series'), 'no series');
    assert.equal(await ok('series', 'long'), '');
  });

  it('prints the programs outside of all tasks', async () => {
    await waitUntil(async () => (await ok('series', '--outside')) !== '', { what: 'a first look' });
    const [point] = jsonLines(await ok('series', '--outside', '--since=1h'));
    const [program] = (point?.programs ?? []) as Record<string, unknown>[];
    assert.ok(Number(program?.processes) > 0);
    const [header, row = ''] = (await ok('series', '--outside', '--format=csv')).split('\n');
    assert.equal(header, 'at,name,processes,mem_bytes,cpu_cores,belongs_to');
    assert.ok(row.startsWith(`${point?.at},${program?.name},`), row);
    assert.equal((await home.run(['series', 'long', '--outside'])).code, 64);
  });

  it('refuses two tasks, an unknown one, and a wrong format', async () => {
    assert.equal((await home.run(['series', 'a', 'b'])).code, 64);
    assert.equal(jsonLine((await home.run(['series', 'nothing'])).stderr).error, 'not_found');
    assert.equal((await home.run(['series', '--format=xml'])).code, 64);
    for (const flag of ['--step', '--since']) {
      const { code, stderr } = await home.run(['series', `${flag}=often`]);
      assert.equal(code, 64);
      assert.ok(String(jsonLine(stderr).message).startsWith(`${flag}: "often"`), stderr);
    }
  });

  it('is removed with the task', async () => {
    await ok('clean', '--all');
    assert.deepEqual(readdirSync(tasks), []);
  });
});

/** The answer of the daemon, at most `lines` of it. */
function get(path: string, lines = Number.POSITIVE_INFINITY): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: join(home.dir, 'daemon.sock'), path }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.split('\n').length > lines) sent.destroy();
      });
      answer.on('close', () => resolve(text.split('\n').slice(0, lines).join('\n')));
    });
    sent.on('error', reject).end();
  });
}

describe('the OpenAPI document of a daemon', () => {
  it('accepts its answers, and the frames of its live stream', async () => {
    await ok('run', ...SMALL, '--name=shown', 'sleep 600');
    const { answer } = openApiValidator(JSON.parse(await get('/v1/openapi.json')));
    for (const [path, asked] of [
      ['/v1/status', '/v1/status'],
      ['/v1/tasks', '/v1/tasks?all=1'],
      ['/v1/tasks/{ref}', '/v1/tasks/shown'],
      ['/v1/tasks/{ref}/series', '/v1/tasks/shown/series'],
      ['/v1/series', '/v1/series?since=1h'],
      ['/v1/outside', '/v1/outside'],
      ['/v1/config', '/v1/config'],
    ] as const)
      assert.equal(answer(path)(JSON.parse(await get(asked))), '', path);
    const frames = jsonLines(await get('/v1/live', 3));
    for (const frame of frames) assert.equal(answer('/v1/live', 'application/x-ndjson')(frame), '');
    const connection = new Frames();
    const last = frames.map((frame) => connection.take(frame as unknown as FrameView)).at(-1);
    assert.deepEqual([last?.host?.running, last?.running[0]?.name], [1, 'shown']);
    await ok('kill', 'shown');
  });
});

describe('metrics', () => {
  it('are printed, and written at once to a file that every user can read', async () => {
    const text = await ok('metrics');
    assert.match(text, /^babysit_tasks\{state="paused"\} 0$/m);
    const file = join(home.work, 'babysit.prom');
    await ok('metrics', `--output=${file}`);
    assert.equal(statSync(file).mode & 0o777, 0o644);
    assert.match(readFileSync(file, 'utf8'), /^# TYPE babysit_tasks gauge$/m);
    assert.deepEqual(
      readdirSync(home.work).filter((name) => name.includes('prom')),
      ['babysit.prom'],
    );
    const refused = await home.run(['metrics', '--output=/nowhere/babysit.prom']);
    assert.deepEqual([refused.code, jsonLine(refused.stderr).flag], [64, '--output']);
  });

  it('are not available without a daemon, and do not start one', async () => {
    await ok('daemon-stop');
    const { code, stdout } = await home.run(['metrics']);
    assert.deepEqual([code, stdout, existsSync(join(home.dir, 'daemon.pid'))], [69, '', false]);
  });
});
