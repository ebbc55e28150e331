// Output on a terminal: the table of babysit list, and the line that babysit wait draws.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { BABYSIT, jsonLines } from '../support/cli.ts';
import { sharedDaemon, type TestHome, testHome } from '../support/home.ts';
import { onTerminal, type Terminal } from '../support/screens/terminal.ts';
import { submit, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const projectOf = sharedDaemon({ after });

const COLOURS = /\^\[\[\d+m/g;

function typed(home: TestHome, line: string, env: NodeJS.ProcessEnv = {}, columns?: number): Terminal {
  const own = { ...home.env, BABYSIT_NODE: process.execPath, NO_COLOR: '', ...env };
  return onTerminal(line.replaceAll('babysit', BABYSIT), home.work, own, columns);
}

async function shownBy(home: TestHome, line: string, env?: NodeJS.ProcessEnv): Promise<string> {
  const terminal = typed(home, line, env);
  assert.equal(await terminal.done, 0, terminal.shown());
  return terminal.shown();
}

describe('list on a terminal', () => {
  it('aligns its columns, and colors the status unless the caller or the terminal refuses colors', async (t) => {
    const home = projectOf(t);
    await home.run(['run', ...SMALL, '--wait', '--name=good', 'true']);
    await home.run(['run', ...SMALL, '--wait', '--name=a-longer-name', 'exit 3']);
    await submit(home, 'live', 'sleep 600');
    const coloured = await shownBy(home, 'babysit list');
    const row = (name: string, code: number, status: string) =>
      new RegExp(`\\n${name} +[0-9A-Z]{10,26} +\\^\\[\\[${code}m${status}\\^\\[\\[0m `);
    assert.match(coloured, row('good', 32, 'completed'));
    assert.match(coloured, row('a-longer-name', 31, 'failed'));
    assert.match(coloured, row('live', 36, 'running'));

    const line = 'babysit list --columns=name,status,exit_code';
    const plain =
      'NAME           STATUS     EXIT_CODE\n' +
      'good           completed          0\n' +
      'a-longer-name  failed             3\n' +
      'live           running\n';
    assert.equal((await shownBy(home, line)).replace(COLOURS, ''), plain);
    assert.equal(await shownBy(home, line, { NO_COLOR: '1' }), plain);
    assert.equal(await shownBy(home, line, { TERM: 'dumb' }), plain);
    assert.equal((await home.run([...line.split(' ').slice(1), '--format=table'])).stdout, plain);
    assert.ok((await home.run(['list'])).stdout.startsWith('{"name":"good","id":"'));
  });
});

it('status shows the memory that running tasks hold, without that of the queue', async (t) => {
  const home = projectOf(t);
  await submit(home, 'live', 'sleep 600');
  t.after(() => home.run(['release', '--tag=later']));
  assert.equal((await home.run(['hold', '--tag=later'])).code, 0);
  await submit(home, 'next', 'true', '--queue', '--tag=later', '--estimated_mem_bytes=64M');
  await waitUntil(async () => (await shownBy(home, 'babysit status')).includes('(tasks 32M, others '), {
    what: 'the memory of the running task alone',
  });
});

it('list shortens a name that is too long for the terminal, and only there', async (t) => {
  const home = projectOf(t);
  const name = `${'n'.repeat(126)}-1`;
  await home.run(['run', ...SMALL, '--wait', `--name=${name}`, 'true']);
  const list = typed(home, 'babysit list', { NO_COLOR: '1' }, 80);
  assert.equal(await list.done, 0);
  assert.match(list.shown(), /\nn+…n+-1 +[0-9A-Z]{10} +completed .* exit 0\n/);
  for (const line of list.shown().split('\n')) assert.ok(line.length <= 80, line);
  assert.match((await home.run(['list', '--format=table'])).stdout, new RegExp(`^${name} `, 'm'));
});

describe('--watch', () => {
  it('redraws the list when a task ends, and shows a task until its end', async (t) => {
    const home = projectOf(t);
    const go = `${home.work}/go`;
    await submit(home, 'watched', until(go));
    const list = typed(home, 'babysit list --watch');
    t.after(() => list.close());
    const lines = home.start(['list', '--watch']);
    const one = home.start(['status', 'watched', '--watch']);
    const drawn = () => list.shown().replace(COLOURS, '').split('^[[H');
    await waitUntil(() => drawn().length > 2, { what: 'two redraws' });
    await waitUntil(() => one.stdout() !== '' && lines.stdout() !== '', { what: 'the first rows' });
    writeFileSync(go, '');
    assert.equal((await one.done).code, 0);
    await waitUntil(() => /watched .* completed/.test(drawn().at(-1) ?? ''), { what: 'the end in the list' });
    await waitUntil(() => lines.stdout().includes('completed'), { what: 'the end as a row' });
    const statuses = (text: string) => jsonLines(text).map(({ status }) => status);
    assert.deepEqual(statuses(lines.stdout()), ['running', 'completed']);
    assert.deepEqual(statuses(one.stdout()), ['running', 'completed']);
    lines.kill('SIGTERM');
    await lines.done;
    for (const line of drawn().at(-1)?.split('\n') ?? []) assert.ok(line.length <= 210, line);
  });
});

it('list --watch says that it has lost the daemon', async (t) => {
  const home = testHome(t);
  const list = home.start(['list', '--watch']);
  await submit(home, 'kept', 'sleep 600');
  await waitUntil(() => list.stdout() !== '', { what: 'the first row' });
  await home.run(['daemon-stop']);
  await waitUntil(() => list.stderr().includes('the daemon is stopping'), { what: 'the message' });
  list.kill('SIGTERM');
  await list.done;
});

it('list --watch and status --watch show the whole reason of a wait on a narrow terminal', async (t) => {
  const home = projectOf(t);
  t.after(() => home.run(['release', '--tag=narrow']));
  const reason = 'a call that is recorded in the room next door';
  assert.equal((await home.run(['hold', '--tag=narrow', `--reason=${reason}`])).code, 0);
  await submit(home, `a-task-with-a-${'long-'.repeat(8)}name`, 'true', '--queue', '--tag=narrow');
  for (const view of ['list --watch', 'status --watch']) {
    const terminal = typed(home, `babysit ${view}`, { NO_COLOR: '1' }, 60);
    t.after(() => terminal.close());
    const drawn = () => terminal.shown().split('^[[H').at(-1) ?? '';
    const words = () => drawn().replaceAll('^[[K', '').replace(/\s+/g, ' ');
    await waitUntil(
      () => words().includes(`held: ${reason}, by `) && words().includes(', until babysit release'),
      {
        what: `the whole reason in ${view}`,
      },
    );
    for (const line of drawn().replaceAll('^[[K', '').split('\n')) assert.ok(line.length <= 60, line);
  }
});

describe('wait on a terminal', () => {
  const drawn = (text: string) =>
    text
      .split('\r^[[K')
      .map((part) => part.split('\n')[0] ?? '')
      .filter((part) => /^train {2}\d/.test(part));

  /** All output of the wait, which ends once `seen` accepts the lines it has drawn. */
  async function waited(
    home: TestHome,
    seen: (lines: readonly string[]) => boolean,
    columns: number,
    env: NodeJS.ProcessEnv = {},
  ): Promise<string> {
    const go = `${home.work}/go`;
    rmSync(go, { force: true });
    const command = `echo '[3/42] loss=0.1 on a line that is longer than the terminal is wide'; ${until(go)}`;
    const flags = [...SMALL, '--name=train'].join(' ');
    const terminal = typed(home, `babysit run --wait ${flags} --command="${command}"`, env, columns);
    await waitUntil(() => seen(drawn(terminal.shown())), { what: 'the line to be drawn' });
    writeFileSync(go, '');
    assert.equal(await terminal.done, 0, terminal.shown());
    return terminal.shown();
  }

  it('redraws one line, with progress and the last line of output', async (t) => {
    const full =
      /^train {2}\S+\/10m \[[#-]{12}\] {2}\S+\/32M {2}\S+\/0\.1 cores {2}3\/42 7%.* {2}\[3\/42\] loss=0\.1 on/;
    const isFull = (lines: readonly string[]) => lines.filter((line) => full.test(line)).length >= 2;
    assert.match(await waited(projectOf(t), isFull, 200), /\^\[\[Ktrain \^\[\[32mcompleted\^\[\[0m: /);
  });

  it('stays within a narrow terminal, and draws no colors with NO_COLOR', async (t) => {
    const home = projectOf(t);
    for (const [columns, COLUMNS] of [
      [20, undefined],
      [0, '20'],
    ] as const) {
      const env = { NO_COLOR: '1', COLUMNS };
      const text = await waited(home, (lines) => lines.length >= 2, columns, env);
      for (const line of drawn(text)) assert.ok(line.length < 20, line);
      assert.doesNotMatch(text, COLOURS);
    }
  });

  it('draws nothing on a terminal that cannot move its cursor', async (t) => {
    const home = projectOf(t);
    const text = await shownBy(home, `babysit run --wait ${SMALL.join(' ')} --name=x 'sleep 1.5'`, {
      TERM: 'dumb',
    });
    assert.doesNotMatch(text, /\^\[|\r/);
    assert.match(text, /x completed: /);
  });
});
