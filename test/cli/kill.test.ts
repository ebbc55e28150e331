// babysit kill.
import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { after, describe, it } from 'node:test';
import { BYPASS } from '../../hooks/verdict.ts';
import { callHook, SILENT } from '../hooks/call-hook.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { testHome } from '../support/home.ts';
import { submit } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

describe('kill', () => {
  // Graces that never end: a task that ignores SIGTERM ends by SIGKILL only when --force sends it at once, and one with
  // --stop=file gets SIGTERM only when --signal asks for it.
  const home = testHome({ after }, { 'watchdog.kill_grace': '1h', 'watchdog.stop_grace': '1h' });

  it('ends several tasks, although one name is unknown', async () => {
    for (const name of ['a', 'b']) await submit(home, name, 'sleep 600');
    const { code, stdout, stderr } = await home.run(['kill', 'a', 'nobody', 'b']);
    assert.equal(code, 1);
    assert.deepEqual(
      jsonLines(stdout).map((task) => task.name),
      ['a', 'b'],
    );
    assert.equal(jsonLine(stderr).error, 'not_found');
    const ended = jsonLines((await home.run(['wait', 'a', 'b'])).stdout);
    assert.deepEqual(
      ended.map((task) => [task.status, task.kill_reason, task.signal]),
      [
        ['killed', 'manual', 'SIGTERM'],
        ['killed', 'manual', 'SIGTERM'],
      ],
    );
    const again = await home.run(['kill', 'a']);
    assert.equal(again.code, 1);
    assert.equal(jsonLine(again.stderr).error, 'already_ended');
  });

  it('of the task of another agent is for people, unless agents.may_kill_others allows it', async () => {
    await submit(home, 'theirs', 'sleep 600', '--owner=a-third');
    const env = { CLAUDE_CODE_SESSION_ID: 'other' };
    const refused = await home.run(['kill', 'theirs'], { env });
    const { error, setting } = jsonLine(refused.stderr);
    assert.deepEqual([refused.code, error, setting], [1, 'operator_only', 'agents.may_kill_others']);
    assert.equal((await home.run(['config', 'set', 'agents.may_kill_others', 'true'])).code, 0);
    assert.equal((await home.run(['kill', 'theirs'], { env })).code, 0);
  });

  it('and every other use of a lever is an event of the host and in status', async () => {
    const env = { CLAUDE_CODE_SESSION_ID: 'other' };
    await submit(home, 'forced', 'true', '--force');
    await home.run(['wait', 'forced']);
    await home.run(['retry', 'forced', '--force']);
    assert.equal((await home.run(['config', 'set', 'agents.may_profile', 'true'])).code, 0);
    assert.equal((await home.run(['profile', 'normal'], { env })).code, 0);
    const settings = await home.run(['hooks', 'install', '--scope=project']);
    assert.equal(settings.code, 0, settings.stderr);
    assert.equal((await home.run(['hooks', 'uninstall', '--scope=project'])).code, 0);
    const event = (command: string) =>
      JSON.stringify({
        hook_event_name: 'PreToolUse',
        session_id: 'hooked',
        tool_name: 'Bash',
        tool_input: { command },
      });
    assert.equal((await home.run(['config', 'set', 'agents.may_bypass', 'true'])).code, 0);
    const poll = 'sleep 1; babysit status forced';
    const word = event(`${poll} # ${BYPASS}`);
    assert.deepEqual(await callHook('no-sleep-babysit.sh', word, home.env), SILENT);
    // The variable also lets commands run that are no polls: only a refused one is a use. The third use in three minutes,
    // which may be a loop, is not recorded.
    for (const command of [poll, 'babysit log forced', poll, poll])
      assert.deepEqual(
        await callHook('no-sleep-babysit.sh', event(command), { ...home.env, [BYPASS]: '1' }),
        SILENT,
      );
    const uses = jsonLines((await home.run(['events', '--event=lever'])).stdout);
    const { username } = userInfo();
    assert.deepEqual(
      uses.map(({ lever, of, by }) => [lever, lever === 'uninstall_hooks' ? '' : of, by]),
      [
        ['config', 'agents.may_kill_others', username],
        ['kill_others', 'theirs', 'other'],
        ['force', 'forced', username],
        ['force', 'forced', username],
        ['config', 'agents.may_profile', username],
        ['profile', 'normal', `${username} (agent other)`],
        ['uninstall_hooks', '', username],
        ['config', 'agents.may_bypass', username],
        ['bypass', null, `${username} (agent hooked)`],
        ['bypass', null, `${username} (agent hooked)`],
      ],
    );
    const { levers } = jsonLine((await home.run(['status', '--full'])).stdout) as {
      levers: { lever: string }[];
    };
    assert.deepEqual(
      levers.map(({ lever }) => lever),
      ['bypass', 'bypass', 'config', 'uninstall_hooks', 'profile'],
    );
    // Without a daemon a client keeps the use for the next one.
    await home.run(['hooks', 'install', '--scope=project']);
    await home.run(['daemon-stop', '--kill_tasks']);
    await home.run(['hooks', 'uninstall', '--scope=project']);
    const later = jsonLines(
      (await home.run(['events', '--event=lever', `--since=${uses.at(-1)?.seq}`])).stdout,
    );
    assert.deepEqual(
      later.map(({ lever }) => lever),
      ['stop_daemon', 'uninstall_hooks'],
    );
  });

  it('takes an end that it caused itself for no error', async () => {
    await submit(home, 'part', 'sleep 600');
    await submit(home, 'ld', 'true', '--after=part');
    // The end of `part` fails `ld`, before or after its own kill is recorded.
    const { code, stdout, stderr } = await home.run(['kill', 'part', 'ld']);
    assert.deepEqual([code, stderr, jsonLines(stdout).map(({ name }) => name)], [0, '', ['part', 'ld']]);
    assert.equal((await home.run(['kill', 'ld'])).code, 1);
  });

  it('of a dependency fails what comes after it, with the command that runs both', async () => {
    await submit(home, 'cc', 'sleep 600');
    await submit(home, 'link', 'true', '--after=cc');
    assert.equal((await home.run(['kill', 'cc'])).code, 0);
    const { reason, hint } = jsonLine((await home.run(['status', 'link'])).stdout);
    assert.deepEqual(
      [reason, hint],
      [
        'dependency_failed',
        'Fix "cc", then run babysit retry cc: this task then waits for it again by itself.',
      ],
    );
    assert.equal((await home.run(['retry', 'cc'])).code, 0);
    assert.equal(jsonLine((await home.run(['status', 'link'])).stdout).status, 'pending');
    assert.equal((await home.run(['kill', 'cc', 'link'])).code, 0);
  });

  it('is success for wait --killed_ok and no news for the owner that asked; that of another owner is both', async () => {
    for (const [name, killer, code, news] of [
      ['own', 'me', 0, []],
      ['foreign', 'other', 1, ['foreign']],
    ] as const) {
      await submit(home, name, 'sleep 600', '--owner=me');
      const env = { CLAUDE_CODE_SESSION_ID: killer };
      assert.equal((await home.run(['kill', name, '--no_wait'], { env })).code, 0);
      const waited = await home.run(['wait', name, '--killed_ok']);
      assert.deepEqual(
        [waited.code, jsonLine(waited.stdout).kill_detail],
        [code, { signal: 'SIGTERM', killed_by: killer }],
      );
      const inbox = await home.run(['inbox', '--owner=me']);
      assert.deepEqual(
        jsonLines(inbox.stdout).map((event) => event.name),
        news,
      );
    }
  });

  it('--force sends SIGKILL without a grace', async () => {
    await submit(home, 'deaf', "trap '' TERM; while :; do sleep 1; done");
    assert.equal((await home.run(['stop', 'deaf', '--force'])).code, 0);
    const task = jsonLine((await home.run(['wait', 'deaf'])).stdout);
    assert.deepEqual([task.status, task.signal], ['killed', 'SIGKILL']);
  });

  it('with --stop=file makes the stop file alone, and a signal then ends the stop grace', async () => {
    const loop = 'until [ -e "$BABYSIT_STOP_FILE" ]; do sleep 0.05; done';
    const trap = 'trap "echo cut; exit 9" TERM; echo ready';
    const lines = {
      whole: `${trap}; ${loop}; echo whole`,
      deaf: `${trap}; ${loop}; while :; do sleep 0.05; done`,
    };
    for (const [name, line] of Object.entries(lines)) {
      await submit(home, name, line, '--stop=file');
      const isReady = async () => (await home.run(['log', name])).stdout === 'ready\n';
      await waitUntil(isReady, { what: `the trap of ${name}` });
    }
    assert.equal((await home.run(['kill', 'whole', 'deaf', '--no_wait'])).code, 0);
    const whole = jsonLine((await home.run(['wait', 'whole'])).stdout);
    assert.deepEqual([whole.status, whole.stopped_gracefully, whole.exit_code], ['killed', true, 0]);
    assert.match((await home.run(['log', 'whole'])).stdout, /^ready\nwhole\n$/);
    assert.equal((await home.run(['kill', 'deaf', '-s', '15', '--no_wait'])).code, 0);
    const { code, stdout, stderr } = await home.run(['wait', 'deaf']);
    assert.deepEqual([code, jsonLine(stdout).exit_code], [1, 9], stderr);
  });

  it('--signal is sent first in the place of SIGTERM', async () => {
    await submit(home, 'nice', 'exec sleep 600');
    assert.equal((await home.run(['kill', 'nice', '--signal=int'])).code, 0);
    const task = jsonLine((await home.run(['wait', 'nice'])).stdout);
    assert.deepEqual([task.status, task.signal], ['killed', 'SIGINT']);
  });
});
