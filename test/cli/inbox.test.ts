// babysit inbox; and wait and the session hook, which report the same events.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { callHook } from '../hooks/call-hook.ts';
import { SMALL } from '../support/budget.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { sharedDaemon, type TestHome, testHome } from '../support/home.ts';
import { show, until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

const projectOf = sharedDaemon({ after });

const ME = { CLAUDE_CODE_SESSION_ID: 'me' };

async function run(home: TestHome, name: string, line: string, ...flags: string[]): Promise<void> {
  const { code, stderr } = await home.run(['run', ...SMALL, ...flags, `--name=${name}`, line], { env: ME });
  assert.equal(code, 0, stderr);
}

/** The lines of the inbox; by default of the owner `me`. */
async function inbox(home: TestHome, flags: string[] = [], env: NodeJS.ProcessEnv = ME) {
  const { code, stdout, stderr } = await home.run(['inbox', ...flags], { env });
  assert.equal(code, 0, stderr);
  return jsonLines(stdout);
}

async function ended(home: TestHome, name: string): Promise<void> {
  await waitUntil(async () => (await show(home, name)).ended_at !== null, { what: 'the end' });
}

describe('inbox', () => {
  it('reports the end of a task once, with the exit code', async (t) => {
    const home = projectOf(t);
    await run(home, 'bad', 'exit 3');
    await ended(home, 'bad');
    assert.deepEqual((await inbox(home, ['--peek'])).length, 1);
    const [end, ...more] = await inbox(home);
    assert.deepEqual(
      [end?.event, end?.name, end?.status, end?.exit_code, more],
      ['ended', 'bad', 'failed', 3, []],
    );
    assert.deepEqual(await inbox(home), []);
  });

  it('omits an end that wait of the same owner has shown, not one that another owner has seen', async (t) => {
    const home = projectOf(t);
    await run(home, 'a', 'true');
    await run(home, 'b', 'true');
    assert.equal((await home.run(['wait', 'a'], { env: ME })).code, 0);
    assert.equal((await home.run(['wait', 'b'], { env: { CLAUDE_CODE_SESSION_ID: 'other' } })).code, 0);
    assert.deepEqual(
      (await inbox(home)).map(({ name }) => name),
      ['b'],
    );
  });

  it('has one line for the completed tasks of a batch or a tag, and leaves out what wait --owner has shown', async (t) => {
    const home = projectOf(t);
    for (const name of ['a', 'b', 'c', 'd'])
      await run(home, name, name === 'b' ? 'exit 3' : 'true', '--tag=sweep');
    for (const name of ['a', 'b', 'c', 'd']) await ended(home, name);
    const shown = (await inbox(home, ['--peek'])).map(
      ({ name, tag, count, first, last }) => name ?? [tag, count, first, last],
    );
    assert.deepEqual(shown, [['sweep', 3, 'a', 'd'], 'b']);
    assert.equal((await inbox(home, ['--peek', '--full'])).length, 4);
    const env = { CLAUDE_CODE_SESSION_ID: '' };
    assert.equal((await home.run(['wait', '--tag=sweep', '--summary', '--owner=me'], { env })).code, 1);
    assert.deepEqual(await inbox(home), []);
  });

  it('keeps the end of a task whose wait timed out', async (t) => {
    const home = projectOf(t);
    const go = `${home.work}/go`;
    await run(home, 'a', until(go));
    assert.equal((await home.run(['wait', 'a', '--timeout=200ms'], { env: ME })).code, 124);
    writeFileSync(go, '');
    await ended(home, 'a');
    assert.deepEqual(
      (await inbox(home)).map(({ event }) => event),
      ['ended'],
    );
  });

  it('reports a kill while it is under way, then the end only', async (t) => {
    const home = testHome(t, { 'watchdog.kill_grace': '1h' });
    const trapped = `${home.work}/trapped`;
    // Not a loop, which may be warned of for its use of CPU.
    await run(home, 'tough', `trap '' TERM; touch ${trapped}; exec sleep 600`);
    await waitUntil(() => existsSync(trapped), { what: 'the trap' });
    assert.equal((await home.run(['kill', 'tough', '--no_wait'])).code, 0);
    assert.deepEqual(
      (await inbox(home, ['--peek'])).map(({ event }) => event),
      ['kill_requested'],
    );
    assert.equal((await home.run(['kill', 'tough', '--force'])).code, 0);
    await ended(home, 'tough');
    const [end, ...more] = await inbox(home);
    assert.deepEqual([end?.event, end?.kill_reason, more], ['ended', 'manual', []]);
  });

  it('reports an end that came while no daemon lived', async (t) => {
    const home = projectOf(t);
    const go = `${home.work}/go`;
    await run(home, 'a', `${until(go)}; touch ${go}.done; exit 6`);
    await waitUntil(async () => jsonLine((await home.run(['status', 'a'])).stdout).pid !== undefined, {
      what: 'the start',
    });
    process.kill(jsonLine((await home.run(['ping'])).stdout).pid as number, 'SIGKILL');
    writeFileSync(go, '');
    await waitUntil(() => existsSync(`${go}.done`), { what: 'the task to end' });
    await waitUntil(async () => (await inbox(home, ['--peek'])).length > 0, { what: 'the event' });
    assert.deepEqual(
      (await inbox(home)).map(({ exit_code }) => exit_code),
      [6],
    );
  });

  it('gives each end to one of many readers at the same time', async (t) => {
    const home = projectOf(t);
    const names = ['a', 'b', 'c'];
    for (const name of names) await run(home, name, 'true');
    for (const name of names) await ended(home, name);
    const read = await Promise.all([inbox(home), inbox(home), inbox(home), inbox(home)]);
    assert.deepEqual(
      read
        .flat()
        .map(({ name }) => name)
        .sort(),
      names,
    );
  });

  it('has one inbox a project for tasks without an owner', async (t) => {
    const home = projectOf(t);
    const ownerless = { CLAUDE_CODE_SESSION_ID: '' };
    assert.equal((await home.run(['run', ...SMALL, '--name=a', 'true'], { env: ownerless })).code, 0);
    await ended(home, 'a');
    assert.deepEqual(await inbox(home), []);
    assert.deepEqual(
      (await inbox(home, [], ownerless)).map(({ name }) => name),
      ['a'],
    );
  });

  it('is reported once at the start of a session, to another session of the project too', async (t) => {
    const home = projectOf(t);
    await run(home, 'bad', 'exit 3');
    await ended(home, 'bad');
    const start = async (session: string) =>
      (
        await callHook(
          'babysit-session-start.sh',
          JSON.stringify({ session_id: session, cwd: home.work }),
          home.env,
        )
      ).stdout;
    assert.match(await start('other'), /- bad: failed/);
    assert.equal(await start('another'), '');
    assert.match(await start('me'), /- bad: failed/);
    assert.equal(await start('me'), '');
    assert.deepEqual(await inbox(home), []);
  });
});
