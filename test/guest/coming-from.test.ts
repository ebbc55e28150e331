// docs/guide/coming-from.md, From big-job: units of systemd. Needs the real systemd of a user.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exerciseSection, type UnitOfWork } from '../coming-from/exercise.ts';
import { jsonLine, jsonLines } from '../support/cli.ts';
import { until } from '../support/tasks.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Run by test/integration/guest-systemd.test.ts in the guest that has one; there a skip is a failure. */
const RUNTIME_DIR = process.env.XDG_RUNTIME_DIR ?? '';
const hasManager = process.getuid?.() !== 0 && existsSync(join(RUNTIME_DIR, 'systemd', 'private'));
const AS_UNIT = { driver: 'systemd' } as const;

/** The variable of the page, once the unit of the task is there. */
async function unitOf({ api }: UnitOfWork, name: string): Promise<{ unit: string }> {
  const hasBegun = async () => (await api.task(name)).started_at !== null;
  await waitUntil(hasBegun, { what: `${name} to begin` });
  return { unit: String((await api.task(name)).unit) };
}

/** Waits until systemctl shows these properties. */
async function shows(
  { sh }: UnitOfWork,
  unit: string,
  expected: Readonly<Record<string, string>>,
): Promise<void> {
  const flags = Object.keys(expected)
    .map((key) => `-p ${key}`)
    .join(' ');
  let seen = {};
  const isSo = async () => {
    const { stdout } = await sh(`systemctl --user show ${unit} ${flags}`);
    seen = Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('=', 2)),
    );
    return Object.entries(expected).every(([key, value]) => (seen as typeof expected)[key] === value);
  };
  await waitUntil(isSo, { what: unit }).catch(() => assert.deepEqual(seen, expected));
}

exerciseSection(
  'From big-job: units of systemd',
  {
    async 'a transient unit of its own'(stage, command) {
      await stage.sh(command);
      const { unit } = await unitOf(stage, 'train');
      assert.match(unit, /^babysit-train-.+\.service$/);
      const { stdout } = await stage.sh(`systemctl --user show ${unit} -p Transient -p ActiveState`);
      assert.match(stdout, /^Transient=yes$/m);
      assert.match(stdout, /^ActiveState=active$/m);
    },
    async 'a name of your own: `--unit`'(stage, command) {
      await stage.sh(command);
      assert.deepEqual(await unitOf(stage, 'train'), { unit: 'train.service' });
      await shows(stage, 'train', { ActiveState: 'active' });
      const again = await stage.sh(command, {}, 1);
      assert.match(again.stderr, /the unit train\.service.*babysit kill train/);
      // The name of the task is free, that of the unit is in use.
      const second = await stage.sh(
        command.replace('run', 'run --wait --name=second --estimated_mem_bytes=32M'),
        {},
        1,
      );
      assert.match(jsonLine(second.stdout).message as string, /train\.service/);
      await shows(stage, 'train', { ActiveState: 'active' });
      await stage.sh('babysit kill train');
    },
    async '`--slice`'(stage, command) {
      await stage.sh(command);
      const { unit } = await unitOf(stage, 'train');
      await shows(stage, unit, { Slice: 'big-jobs.slice', ActiveState: 'active' });
    },
    async '`--remain_after_exit`'(stage, command) {
      const { sh } = stage;
      await sh(command, {}, 1);
      await shows(stage, 'build', { SubState: 'failed', Result: 'exit-code', ExecMainStatus: '7' });
      await sh('babysit retry build --command=true && babysit wait build');
      await shows(stage, 'build', { SubState: 'exited', Result: 'success', ExecMainStatus: '0' });
      await sh('babysit clean build');
      await shows(stage, 'build', { SubState: 'dead', LoadState: 'not-found' });
    },
    async '… of one that ran out of memory'(stage, command) {
      // To fill memory takes all of a core, for long in a slow guest.
      const onOneCore = command.replace('run', 'run --estimated_cpu_cores=1 --force');
      const { status, kill_reason } = jsonLine((await stage.sh(onOneCore, {}, 1)).stdout);
      assert.deepEqual([status, kill_reason], ['killed', 'cgroup_oom_killed']);
      await shows(stage, 'hog', { SubState: 'failed', Result: 'oom-kill', ExecMainStatus: '9' });
      await stage.sh('babysit clean hog');
    },
    async '`OOMPolicy`'(stage, command) {
      await stage.sh(command);
      const { unit } = await unitOf(stage, 'train');
      await shows(stage, unit, { OOMPolicy: 'stop', Result: 'success' });
    },
    async '`systemctl stop` of all tasks'(stage, command) {
      await stage.api.run('train', './train.sh', AS_UNIT);
      await unitOf(stage, 'train');
      const { pid } = jsonLine((await stage.sh('babysit ping')).stdout);
      await stage.sh(command);
      const { status, kill_detail } = (await stage.api.ended('train')).task;
      assert.deepEqual([status, kill_detail], ['killed', { by: 'systemd' }]);
      assert.equal(jsonLine((await stage.sh('babysit ping')).stdout).pid, pid);
    },
    async '`systemctl status`'(stage, command) {
      await stage.api.run('train', './train.sh', AS_UNIT);
      const { stdout } = await stage.sh(command, await unitOf(stage, 'train'));
      assert.match(stdout, /Active: active \(running\)/);
    },
    async 'its caps in the unit'(stage, command) {
      await stage.api.run('train', './train.sh', AS_UNIT);
      const { stdout } = await stage.sh(command, await unitOf(stage, 'train'));
      const cap = (await stage.api.task('train')).mem_max_bytes;
      assert.deepEqual(stdout.trim().split('\n').sort(), [
        `MemoryMax=${cap}`,
        'MemorySwapMax=0',
        'Slice=babysit.slice',
      ]);
    },
    async '`journalctl -u`'(stage, command) {
      await stage.api.run('train', './train.sh', AS_UNIT);
      const env = await unitOf(stage, 'train');
      const hasLine = async () => (await stage.sh(command, env)).stdout.includes('[3/42] loss=0.1');
      await waitUntil(hasLine, { what: 'its output in the journal' });
    },
    async 'its exit status'({ sh }, command) {
      const { status, exit_code } = jsonLine((await sh(command, {}, 1)).stdout);
      assert.deepEqual([status, exit_code], ['failed', 7]);
    },
    async stop(stage, command) {
      const { sh, api, home } = stage;
      await api.run('train', './train.sh', AS_UNIT);
      const { unit } = await unitOf(stage, 'train');
      const wait = home.start(['wait', 'train']);
      await waitUntil(() => wait.stderr().includes('"started"'), { what: 'the waiter' });
      await sh(command);
      const { stdout, stderr } = await wait.done;
      const [task, events] = [jsonLine(stdout), jsonLines(stderr)];
      assert.deepEqual([task.kill_reason, task.signal], ['manual', 'SIGTERM']);
      // A slow guest may need a second attempt, and more CPU than estimated.
      const printed = events.filter(({ event }) => event === 'started' || event === 'kill_requested');
      assert.deepEqual(
        printed.map(({ event }) => event),
        ['started', 'kill_requested'],
        stderr,
      );
      const isGone = async () => (await sh(`systemctl --user show ${unit} -p ActiveState`)).stdout;
      await waitUntil(async () => /=(inactive|failed)$/m.test(await isGone()), {
        what: 'the unit to end',
      });
    },
    async 'survives babysit itself'(stage, command) {
      const { sh, api } = stage;
      await api.run('train', `${until('go-on')}; exit 5`, AS_UNIT);
      const { unit } = await unitOf(stage, 'train');
      await sh(command);
      await sh(`systemctl --user is-active ${unit} && touch go-on`);
      assert.equal((await api.ended('train')).task.exit_code, 5);
    },
    async 'output in the journal under its name'({ sh }, command) {
      await sh(command);
      const journal = async () => (await sh('journalctl -t build --quiet --output=cat')).stdout;
      await waitUntil(async () => /^built$/m.test(await journal()), { what: 'the output' });
    },
  },
  hasManager ? false : 'there is no systemd of a user',
);
