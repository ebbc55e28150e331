// Every command that a refusal of retry, an interrupted task, a profile or a check of the host names works when it is pasted.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { InterruptReason } from '../src/core/task.ts';
import { bodyFromFlags } from '../src/request/flags.ts';
import { notices } from '../src/service/views/notices.ts';
import { capFix, controllersFix, type Host, lingerFix } from '../src/systemd/host.ts';
import { serviceOf } from './support/build/build-service.ts';
import { aKill, anExit, someUsage } from './support/build/build-task.ts';
import { change, commandIn, syntaxError, typedIn } from './support/pasted.ts';
import { LINUX_HOST } from './support/rigs/linux-host.ts';

type Rig = ReturnType<typeof serviceOf>;
type Answer = Readonly<Record<string, unknown>>;

const retry = (rig: Rig, ref: string, body: object) => rig.ask('POST', `/v1/tasks/${ref}/retry`, body);

/** A task that the kernel ended at its cap. */
async function killedAtCap(rig: Rig, name: string, body: object = {}): Promise<string> {
  const { body: started } = await rig.run({ name, estimated_cpu_cores: 0.1, ...body });
  const { mem_max_bytes: capBytes } = (await rig.task(name)) as Answer;
  const detail = { cap_bytes: Number(capBytes), peak_mem_bytes: Number(capBytes) };
  await change(rig.engine, started.id, {
    kind: 'request_kill',
    intent: aKill({ reason: 'cgroup_oom_killed', detail }),
  });
  await change(rig.engine, started.id, {
    kind: 'end',
    exit: anExit({ code: null, signal: 'SIGKILL' }),
    usage: someUsage({ peakMemBytes: Number(capBytes), peakMemCachedBytes: Number(capBytes) }),
    at: 1e15,
  });
  return started.id;
}

function aRig(t: Parameters<typeof serviceOf>[0]): Rig {
  const rig = serviceOf(t);
  rig.makeRoom();
  rig.makeGroups();
  return rig;
}

describe('a command that babysit names', () => {
  it('after a refusal of retry is accepted', async (t) => {
    const refusals = new Set<unknown>();
    // Each on a host of its own: an accepted retry takes room.
    const retryAnother = async (body: object) => {
      const rig = aRig(t);
      await killedAtCap(rig, 'oom', { estimated_mem_bytes: '64M' });
      const { status, body: answer } = await retry(rig, 'oom', body);
      return { rig, status, answer: answer as Answer };
    };
    const anyChange = fc.record(
      {
        estimated_mem_bytes: fc.constantFrom('16M', '1G', '8G', '40G'),
        estimated_cpu_cores: fc.constantFrom(1, 7, 40),
        mem_pct_limit: fc.constantFrom(1, 10, 100),
        cpu_pct_limit: fc.constantFrom(10, 100),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(anyChange, async (body) => {
        const { rig, status, answer } = await retryAnother(body);
        if (status === 200) return;
        const { error, hint, raise, suggested_command: command } = answer;
        refusals.add(error);
        if (error === 'cap_below_peak') {
          if (typeof command !== 'string') return;
          const again = await retry(rig, 'oom', bodyFromFlags('retry', typedIn(command)));
          assert.equal(again.status, 200, `${command}: ${JSON.stringify(again.body)}`);
          return;
        }
        assert.equal(error, 'infeasible', JSON.stringify(answer));
        const [smaller = ''] = /--estimated_\w+=\S+/.exec(String(hint)) ?? [];
        for (const words of [smaller, typeof raise === 'string' ? raise : '']) {
          if (!words.startsWith('--')) continue;
          const again = await retryAnother({ ...body, ...bodyFromFlags('retry', typedIn(words)) });
          const { error: next = 'accepted', dim } = again.answer;
          // The other dimension, or a cap that the peak is known to exceed, may be refused next.
          if (next === 'infeasible') assert.notEqual(dim, answer.dim, words);
          else assert.match(String(next), /^(accepted|cap_below_peak)$/, JSON.stringify(again.answer));
        }
      }),
      {
        numRuns: 12,
        examples: [
          [{}],
          [{ estimated_mem_bytes: '40G' }],
          [{ estimated_mem_bytes: '8G', mem_pct_limit: 10 }],
          [{ estimated_mem_bytes: '1G', estimated_cpu_cores: 7, cpu_pct_limit: 10 }],
        ],
      },
    );
    assert.deepEqual([...refusals].toSorted(), ['cap_below_peak', 'infeasible']);
  });

  it('for a retry of a live task, or of one whose name a live task has, ends that one first', async (t) => {
    const rig = aRig(t);
    const older = await killedAtCap(rig, 'twice', { estimated_mem_bytes: '64M' });
    await rig.run({ name: 'twice', estimated_mem_bytes: '64M' });
    for (const [ref, error] of [
      ['twice', 'not_running'],
      [older, 'name_taken'],
    ] as const) {
      const { body: answer } = await retry(rig, ref, {});
      assert.equal(answer.error, error);
      assert.match(String(answer.hint), /babysit kill twice$/);
    }
  });

  it('for an older task of a name refers to that task by its id', async (t) => {
    const rig = aRig(t);
    const older = await killedAtCap(rig, 'twice', { estimated_mem_bytes: '64M' });
    const newer = await killedAtCap(rig, 'twice', { estimated_mem_bytes: '128M' });
    const commandOf = async (ref: string) => ((await rig.task(ref)) as Answer).suggested_command;
    assert.match(String(await commandOf(newer)), /^babysit retry twice /);
    assert.match(String(await commandOf(older)), new RegExp(`^babysit retry ${older} `));
    const { body: refused } = await retry(rig, older, {});
    assert.match(String(refused.suggested_command), new RegExp(`^babysit retry ${older} `));
  });

  it('after a failed dependency retries that task by its id when a newer one has its name', async (t) => {
    const rig = aRig(t);
    const lost = { kind: 'lose', reason: 'supervisor_lost', usage: null, at: 1e15 } as const;
    const first = await rig.run({ name: 'first' });
    await rig.run({ name: 'next', after: 'first' });
    await change(rig.engine, first.body.id, lost);
    const retryIn = async () =>
      /babysit retry (\S+):/.exec(String(((await rig.task('next')) as Answer).hint))?.[1] ?? '';
    assert.equal(await retryIn(), 'first');
    await change(rig.engine, (await rig.run({ name: 'first' })).body.id, lost);
    assert.equal(await retryIn(), first.body.id);
    assert.equal((await retry(rig, await retryIn(), {})).status, 200);
    assert.equal(((await rig.task('next')) as Answer).status, 'pending');
  });

  it('after an interruption is a retry that is accepted', async (t) => {
    const rig = aRig(t);
    for (const reason of [
      'host_rebooted',
      'logged_out',
      'supervisor_lost',
      'job_lost',
    ] as InterruptReason[]) {
      const { body: started } = await rig.run({ name: reason });
      await change(rig.engine, started.id, { kind: 'lose', reason, usage: null, at: 1e15 });
      const { hint } = (await rig.task(reason)) as Answer;
      const [, ref = ''] = /babysit retry (\S+)$/.exec(String(hint)) ?? [];
      const again = await retry(rig, ref, {});
      assert.equal(again.status, 200, `${hint}: ${JSON.stringify(again.body)}`);
      await rig.kill(reason);
    }
  });

  it('for an estimate above the limit of the profile is accepted', async (t) => {
    const rig = aRig(t);
    await rig.ask('POST', '/v1/profile', { profile: 'day' });
    const { body: answer } = await rig.run({ estimated_cpu_cores: 6 });
    const { error, hint, raise } = answer as Answer;
    assert.equal(error, 'infeasible');
    assert.equal((await rig.run({ ...bodyFromFlags('run', typedIn(String(hint))) })).status, 201);
    const [, profile = ''] = /^babysit profile (\w+)$/.exec(String(raise)) ?? [];
    await rig.ask('POST', '/v1/profile', { profile });
    const queued = await rig.run({ estimated_cpu_cores: 6, queue: true });
    assert.equal(queued.status, 201, JSON.stringify(queued.body));
  });

  it('for the host is one that a shell can parse', () => {
    const hosts: Host[] = [
      LINUX_HOST,
      { ...LINUX_HOST, hasManager: false },
      { ...LINUX_HOST, isWsl: true, isBooted: false },
    ];
    const noted = notices({
      isUpdated: () => true,
      pendingSettings: () => ['log.daily'],
      homeLoss: () => 'moved',
      runningCount: () => 1,
      held: () => null,
      spawnerFault: () => null,
      inotifyShortage: () => 'watches',
      runningBudget: () => null,
      recovered: { adopted: [], leftAlone: [] },
      tasksDir: '/x',
      lostDir: import.meta.dirname,
    } as unknown as Parameters<typeof notices>[0]);
    const texts = [
      ...hosts.map((host) => capFix(host)),
      controllersFix('/user.slice/user-1000.slice/user@1000.service/app.slice', LINUX_HOST),
      `Run: ${lingerFix(LINUX_HOST)}`,
      ...noted.map(({ fix }) => fix),
    ];
    const commands = texts.map(commandIn).filter((command) => command !== null);
    assert.ok(commands.length >= 6, texts.join('\n'));
    for (const command of commands) assert.equal(syntaxError(command), '', command);
  });
});
