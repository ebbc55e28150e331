// The supervisor of a task with --journal, on a host without the journal of systemd; and how it informs the main process
// of a unit of the end. The real journal: test/guest/systemd-driver.test.ts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { aLaunch, anObserver, NICE } from '../../test/support/build/build-launch.ts';
import { tempDir } from '../../test/support/temp-dir.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { Launch } from './launch-script.ts';
import { readCounters, readRecords } from './records.ts';
import { openSpawner, requestBytes, SPAWNER_SCRIPTS, type Spawner, spawnerWords } from './spawner.ts';
import { spawnRequest, startAttempt } from './start.ts';
import { findTools } from './tools.ts';

const UNIT_MAIN = join(import.meta.dirname, '../cgroups/systemd/unit-main.sh');
const root = tempDir({ after }, () => spawner.close());
let count = 0;
let spawner: Spawner;
before(() => {
  spawner = openSpawner(findTools(NICE), NICE, () => {});
});

function start(line: string, changes: Partial<Launch>): string {
  count += 1;
  const dir = join(root, String(count));
  const journal = { identifier: 'a-task', unit: null };
  startAttempt(spawner, () => aLaunch(dir, root, line, { journal, ...changes }), anObserver(dir));
  return dir;
}

async function finish(line: string, changes: Partial<Launch>) {
  const dir = start(line, changes);
  await until(() => readRecords(dir).closedAt !== null);
  const log = existsSync(`${dir}.log`) ? readFileSync(`${dir}.log`, 'utf8') : '';
  return { dir, records: readRecords(dir), log };
}

function until(condition: () => boolean): Promise<void> {
  return waitUntil(condition, { what: 'the supervisor to end' });
}

describe('the journal', () => {
  // A real one would be given a hundred thousand lines.
  if (!existsSync('/run/systemd/journal/stdout'))
    it('does not affect the log when it is absent', async () => {
      const { records, log } = await finish('seq 1 100000; exit 7', {});
      assert.equal(records.exit?.code, 7);
      assert.equal(log, Array.from({ length: 100_000 }, (_, n) => `${n + 1}\n`).join(''));
    });

  it('is not needed by a command that prints nothing', async () => {
    const { records, log } = await finish('exit 3', {});
    assert.deepEqual([records.exit?.code, log], [3, '']);
  });
});

describe('the main process of a unit', () => {
  /** The text of a file once it is complete: the shell creates the file first. */
  async function textOf(path: string): Promise<string> {
    await until(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'));
    return readFileSync(path, 'utf8');
  }

  /** Acts for systemd-run: starts the process with the FIFO as stdin, and makes the group. */
  function unit() {
    const group = mkdtempSync(join(root, 'group-'));
    const events = join(group, 'cgroup.events');
    const ended = join(group, 'main-ended');
    writeFileSync(events, 'populated 1\nfrozen 0\n');
    // The relay of the output writes 0 to this file, to enter the group.
    const aside = join(group, 'aside');
    const main = 'exec 7<"$1/unit"; sh "$0" <&7 7<&- & exec 7<&-; echo $! >"$3"; wait $!; echo $? >"$2"';
    const start = `sh -c '${main}' '${UNIT_MAIN}' "$dir" '${ended}' '${aside}' >/dev/null 8>&- &`;
    // systemd-run returns when the FIFO is open.
    const script = `${start}\nuntil [ -s '${aside}' ]; do sleep 0.01; done\n`;
    return {
      aside,
      events,
      ended,
      changes: {
        preparation: { script, args: [] },
        counterFiles: [events],
        journal: { identifier: 'a-task', unit: { asideFile: aside, group, resultScript: 'echo oom-kill' } },
      },
    };
  }

  it('ends with the exit code of the command, once the group is empty', async () => {
    const { events, ended, changes } = unit();
    const { dir, log } = await finish('ls -l /proc/self/fd; exit 9', changes);
    assert.doesNotMatch(log, /unit/, 'the command must not have the FIFO');
    assert.equal(existsSync(ended), false, 'while processes of the task are left');
    // A reader finds the copies after the unit has gone.
    assert.match(readCounters(dir).get(events) ?? '', /^populated 1/);
    writeFileSync(events, 'populated 0\nfrozen 0\n');
    assert.equal(await textOf(ended), '9\n');
  });

  it('keeps the counters that systemd removes before the output is complete', async () => {
    const { events, changes } = unit();
    const claim = join(root, String(count + 1), 'claim');
    const isRecorded = `until grep -q ^exit '${claim}'; do sleep 0.05; done`;
    const { dir } = await finish(`(${isRecorded}; rm '${events}') & exit 9`, changes);
    assert.ok(!existsSync(events));
    assert.match(readCounters(dir).get(events) ?? '', /^populated 1/);
  });

  for (const [what, line, isUnitEnded] of [
    ['that waits for the command leaves no record', () => 'sleep 0.1; exit 9', false],
    [
      'that ends before the command is recorded',
      (pid: string) =>
        `p=$(cat '${pid}'); kill $p; while kill -0 $p; do sleep 0.05; done 2>/dev/null; exit 9`,
      true,
    ],
  ] as const)
    it(what, async () => {
      const { aside, ended, events, changes } = unit();
      const { records } = await finish(line(aside), changes);
      assert.deepEqual(
        [records.isUnitEnded, records.isUnitOom, records.exit?.code],
        [isUnitEnded, isUnitEnded, 9],
      );
      writeFileSync(events, 'populated 0\nfrozen 0\n');
      assert.equal(await textOf(ended), isUnitEnded ? '143\n' : '9\n');
    });

  it('ends with the exit code when the supervisor is killed after the command has ended', async () => {
    const { ended, changes } = unit();
    const { dir } = await finish('exit 9', changes);
    process.kill(-(readRecords(dir).supervisor?.groupId ?? Number.NaN), 'SIGKILL');
    assert.equal(await textOf(ended), '9\n');
  });

  it('ends with 1 when the supervisor is killed before', async () => {
    const { ended, changes } = unit();
    const dir = start('until [ -e go-on ]; do sleep 0.1; done', changes);
    await until(() => readRecords(dir).started !== null);
    process.kill(-(readRecords(dir).supervisor?.groupId ?? Number.NaN), 'SIGKILL');
    assert.equal(await textOf(ended), '1\n');
    writeFileSync(join(root, 'go-on'), '');
  });

  it('survives a supervisor that comes too late', async () => {
    const { ended, events, changes } = unit();
    const running = finish('until [ -e go ]; do sleep 0.1; done; exit 9', changes);
    const dir = join(root, String(count));
    await until(() => readRecords(dir).started !== null);
    writeFileSync(events, 'populated 0\nfrozen 0\n');
    // Returns when every process has closed its stdout.
    const input = requestBytes(spawnRequest(aLaunch(dir, root, 'exit 8', changes)));
    const tools = findTools(NICE);
    spawnSync(tools.nice, spawnerWords(tools, NICE), {
      input: Buffer.concat([Buffer.from(SPAWNER_SCRIPTS), input]),
    });
    writeFileSync(join(root, 'go'), '');
    await running;
    assert.equal(await textOf(ended), '9\n');
  });

  it('fails the attempt with a reason when it cannot be started', async () => {
    const script = 'echo "Failed to start transient service unit: no" >&2; return 1\n';
    const { changes } = unit();
    const { records } = await finish('echo no', { ...changes, preparation: { script, args: [] } });
    assert.match(records.startFailed ?? '', /^cannot start its systemd unit: Failed to start/);
    assert.equal(records.started, null);
  });
});
