// babysit list.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';

describe('list', () => {
  it('shows the tasks of this project, one object a line, by status, owner, age and columns', async (t) => {
    const home = testHome(t);
    const other = join(home.work, 'other');
    mkdirSync(join(other, '.git'), { recursive: true });
    const none = await home.run(['list']);
    assert.deepEqual([none.code, none.stdout, none.stderr], [0, '', '']);
    await home.run(['run', ...SMALL, '--wait', '--name=good', 'true']);
    await home.run(['run', ...SMALL, '--wait', '--name=bad', '--owner=me', 'false']);
    await home.run(['run', ...SMALL, '--name=live', 'sleep 600']);
    await home.run(['run', ...SMALL, '--wait', '--name=elsewhere', 'true'], { cwd: other });
    const names = async (...args: string[]) =>
      jsonLines((await home.run(['list', ...args])).stdout).map((task) => task.name);
    assert.deepEqual(await names(), ['good', 'bad', 'live']);
    assert.deepEqual(await names('--all_projects'), ['good', 'bad', 'live', 'elsewhere']);
    assert.deepEqual(await names('--status=failed,running'), ['bad', 'live']);
    assert.deepEqual(await names('--owner=me'), ['bad']);
    assert.deepEqual(await names('--since=1ms'), ['live']);
    assert.deepEqual(await names('--since=1ms', '--all'), ['good', 'bad', 'live', 'elsewhere']);
    assert.deepEqual(await names('--all', '--status=completed'), ['good', 'elsewhere']);

    const bad = jsonLine((await home.run(['list', '--status=failed', '--columns=exit_code,name'])).stdout);
    assert.deepEqual(Object.entries(bad), [
      ['exit_code', 1],
      ['name', 'bad'],
    ]);
    const csv = await home.run(['list', '--status=failed', '--format=csv', '--columns=name,outcome,signal']);
    assert.equal(csv.stdout, 'name,outcome,signal\nbad,exit 1,\n');
    const table = await home.run(['list', '--status=failed', '--format=table', '--columns=name,status']);
    assert.equal(table.stdout, 'NAME  STATUS\nbad   failed\n');
    const wrong = await home.run(['list', '--columns=statsu']);
    assert.equal(wrong.code, 64);
    assert.match(String(jsonLine(wrong.stderr).hint), /status\?/);
  });
});
