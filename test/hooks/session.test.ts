// The hooks at the start and the stop of a session, against a real daemon.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { SMALL } from '../support/budget.ts';
import { sharedDaemon, type TestHome, testHome } from '../support/home.ts';
import { callHook, SILENT } from './call-hook.ts';

const RUN = ['run', ...SMALL];

/** Each test has a project and a session of its own. */
const project = sharedDaemon({ after });

function rig(t: TestContext, home = project(t)) {
  const session = randomUUID();
  const input = (more: object = {}) =>
    JSON.stringify({ session_id: session, cwd: home.work, source: 'startup', ...more });
  const env = { ...home.env, CLAUDE_CODE_SESSION_ID: session };
  return {
    home,
    run: (name: string, command: string) =>
      succeed(home, [...RUN, `--name=${name}`, '--command', command], env),
    wait: (name: string) => home.run(['wait', name]),
    start: async (more?: object) =>
      contextOf(await callHook('babysit-session-start.sh', input(more), home.env)),
    stop: (more?: object) => callHook('babysit-stop.sh', input(more), home.env),
  };
}

async function succeed(home: TestHome, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { code, stderr } = await home.run(args, { env });
  assert.equal(code, 0, stderr);
}

/** The lines that the hook adds to the session. */
function contextOf({ code, stdout, stderr }: Awaited<ReturnType<typeof callHook>>): string[] {
  assert.deepEqual([code, stderr], [0, '']);
  if (stdout === '') return [];
  const { hookEventName, additionalContext } = JSON.parse(stdout).hookSpecificOutput;
  assert.equal(hookEventName, 'SessionStart');
  return additionalContext.split('\n');
}

describe('babysit-session-start.sh', () => {
  it('prints nothing in a home without babysit, and starts no daemon', async (t) => {
    const { home, start } = rig(t, testHome(t));
    assert.deepEqual(await start(), []);
    assert.equal((await home.run(['ping'], { env: { BABYSIT_NO_AUTOSTART: '1' } })).code, 69);
  });

  it('lists live tasks with the command to wait for them, and ended tasks once', async (t) => {
    const { run, wait, start } = rig(t);
    await run('docs', 'true');
    await run('lint', 'exit 3');
    await run('build', 'sleep 300');
    await wait('docs');
    await wait('lint');
    const [title, ...lines] = await start();
    assert.equal(
      title,
      'babysit: your tasks and tasks of this project (not ended, or ended and not shown yet):',
    );
    assert.match(lines[0] ?? '', /^- build: running for \d.*, estimated 10m$/);
    assert.match(
      lines.slice(1, 3).sort().join('\n'),
      /^- docs: completed after .*\n- lint: failed after .*, exit code 3: babysit log lint$/,
    );
    assert.equal(
      lines[3],
      'Do not poll. To learn how they end, run once in the background: babysit wait build',
    );
    const again = await start({ source: 'compact' });
    assert.deepEqual([again.length, again[1]?.startsWith('- build: running')], [3, true]);
    const other = await start({ session_id: 'another' });
    assert.equal(other.length, 3);
  });

  it('lists no task of another project', async (t) => {
    const { home, run, start } = rig(t);
    await run('build', 'sleep 300');
    const other = join(home.work, 'other');
    mkdirSync(join(other, '.git'), { recursive: true });
    assert.deepEqual(await start({ cwd: other }), []);
  });

  it('starts the daemon again after it was killed, because tasks may have ended since', async (t) => {
    const { home, run, wait, start } = rig(t);
    await run('build', 'exit 3');
    await wait('build');
    const { pid } = JSON.parse((await home.run(['ping'])).stdout);
    process.kill(pid, 'SIGKILL');
    assert.match((await start()).join('\n'), /- build: failed/);
  });

  it('prints nothing for invalid input', async (t) => {
    const { home, run } = rig(t);
    await run('build', 'sleep 300');
    for (const input of ['', '{', '[]', '{"session_id":"../../x","cwd":5}'])
      assert.deepEqual(await callHook('babysit-session-start.sh', input, home.env), SILENT, input);
  });
});

describe('babysit-stop.sh', () => {
  it('reminds once of each live task that the session started', async (t) => {
    const { run, stop } = rig(t);
    assert.deepEqual(await stop(), SILENT);
    await run('build', 'sleep 300');
    const { decision, reason } = JSON.parse((await stop()).stdout);
    assert.equal(decision, 'block');
    assert.match(
      reason,
      /^Your task build has not ended and no client waits for it\. Run babysit wait build,/,
    );
    assert.deepEqual(await stop(), SILENT);
    await run('train', 'sleep 300');
    assert.deepEqual(await stop({ stop_hook_active: true }), SILENT);
    assert.match(JSON.parse((await stop()).stdout).reason, /babysit wait train,/);
  });

  it('prints nothing for tasks of other sessions', async (t) => {
    const { run, stop } = rig(t);
    await run('build', 'sleep 300');
    assert.deepEqual(await stop({ session_id: 'another' }), SILENT);
    assert.deepEqual(await stop({ session_id: undefined }), SILENT);
  });
});
