// Every command that a refusal or a kill names is accepted when it is run literally, or gets a place in the queue with a start.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseTicket } from '../src/api/schemas/capacity.ts';
import { BabysitError } from '../src/core/errors.ts';
import { KILL_REASON_NAMES } from '../src/core/kill-reasons.ts';
import { bodyFromFlags } from '../src/request/flags.ts';
import { heldDetails } from '../src/watchdog/hold.ts';
import { throttledDetails } from '../src/watchdog/throttle.ts';
import { serviceOf } from './support/build/build-service.ts';
import { aKill, anExit, GIB, someUsage } from './support/build/build-task.ts';
import { EXAMPLES } from './support/example-kills.ts';
import { change, typedIn, valuesIn } from './support/pasted.ts';

type Rig = ReturnType<typeof serviceOf>;
type Answer = Readonly<Record<string, unknown>>;

/** Runs the flags that a text names, in addition to those of the request. */
async function runAgain(rig: Rig, body: object, words: string): Promise<void> {
  const { name: _, command: __, ...typed } = typedIn(words);
  const again = { ...body, ...bodyFromFlags('run', typed) };
  const { status, body: answer } = await rig.run(again);
  const isAccepted = status < 300 || (answer as Answer).error === 'capacity_exceeded';
  assert.ok(isAccepted, `${words}: ${JSON.stringify(answer)}`);
}

const anyBody = fc.record(
  {
    estimated_mem_bytes: fc.integer({ min: 1, max: 40 }).map((gib) => gib * GIB),
    estimated_cpu_cores: fc.integer({ min: 1, max: 40 }),
    estimated_time: fc.constantFrom('1m', '1h'),
    mem_pct_limit: fc.integer({ min: 1, max: 100 }),
    cpu_pct_limit: fc.integer({ min: 1, max: 100 }),
  },
  { requiredKeys: [] },
);

describe('a command that babysit names', () => {
  it('after a refusal of run is accepted: the smaller estimate, and the higher limit', async (t) => {
    const rig = serviceOf(t);
    rig.makeRoom();
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const { status, body: answer } = await rig.run(body);
        if (status < 300) return;
        const { error, hint, raise, suggested_command: command } = answer as Answer;
        if (typeof command === 'string') {
          const queued = await rig.run({ ...body, ...bodyFromFlags('run', { queue: true }) });
          assert.ok(queued.status < 300 && command.includes('--queue'), JSON.stringify(queued.body));
          return;
        }
        assert.equal(error, 'infeasible');
        const [smaller = ''] = /--estimated_\w+=\S+/.exec(String(hint)) ?? [];
        // The other dimension may be refused next, with a hint of its own.
        const dims = {
          ...body,
          ...(smaller.includes('mem') ? { estimated_cpu_cores: 0.01 } : { estimated_mem_bytes: '1M' }),
        };
        await runAgain(rig, dims, smaller);
        if (typeof raise === 'string' && raise.startsWith('--')) await runAgain(rig, dims, raise);
      }),
      { numRuns: 25 },
    );
  });

  it('after a refusal of wait_for_capacity is accepted', (t) => {
    const rig = serviceOf(t);
    rig.makeRoom();
    const listener = { waiting() {}, granted() {}, failed() {} };
    const wait = (...words: string[]) => {
      const body = bodyFromFlags('wait_for_capacity', typedIn(words.join(' ')));
      rig.service.awaitCapacity(parseTicket({ ...body, project: '/' }), listener)();
    };
    let refusals = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), (gib, cores) => {
        const asked = `--mem_bytes=${gib}G --cpu_cores=${cores}`;
        try {
          wait(asked);
        } catch (error) {
          assert.ok(error instanceof BabysitError && error.code === 'infeasible', String(error));
          const [smaller = ''] = /--\w+=\S+/.exec(error.hint) ?? [];
          wait(asked, smaller);
          refusals += 1;
        }
      }),
      { numRuns: 25, examples: [[40, 40]] },
    );
    assert.ok(refusals > 0);
  });

  it('after a lease that has expired queues the task', async (t) => {
    const rig = serviceOf(t);
    rig.makeRoom();
    const { status, body } = await rig.run({ lease: 'gone' });
    const { error, suggested_command: command } = body as Answer;
    assert.deepEqual([status, error], [410, 'lease_expired']);
    const { env: _, ...words } = typedIn(String(command));
    const queued = await rig.run(bodyFromFlags('run', { queue: words.queue ?? false }));
    assert.ok(queued.status < 300 && !String(command).includes('--lease'), String(command));
  });

  it('after a refusal of adjust is accepted', async (t) => {
    const rig = serviceOf(t);
    rig.makeRoom();
    rig.makeGroups();
    await rig.run({ name: 'other', estimated_mem_bytes: '6G', estimated_cpu_cores: 3 });
    await rig.run({ name: 'grows', estimated_mem_bytes: '1G', estimated_cpu_cores: 1 });
    const refusals = new Set<unknown>();
    await fc.assert(
      fc.asyncProperty(anyBody, async ({ estimated_time: _, ...body }) => {
        const adjust = (more: object) => rig.ask('POST', '/v1/tasks/grows/adjust', { ...body, ...more });
        if (Object.keys(body).length === 0) return;
        const { status, body: answer } = await adjust({});
        if (status < 300) return;
        const { error, hint, raise, suggested_command: command } = answer as Answer;
        refusals.add(error);
        if (error === 'capacity_exceeded') {
          const [, words = ''] = /^babysit adjust grows( --.*)$/.exec(String(command)) ?? [];
          const forced = await rig.ask(
            'POST',
            '/v1/tasks/grows/adjust',
            bodyFromFlags('adjust', typedIn(words)),
          );
          assert.equal(forced.status, 200, `${command}: ${JSON.stringify(forced.body)}`);
          await rig.ask('POST', '/v1/tasks/grows/adjust', {
            estimated_mem_bytes: '1G',
            estimated_cpu_cores: 1,
            mem_pct_limit: 40,
            cpu_pct_limit: 90,
          });
          return;
        }
        assert.equal(error, 'infeasible', JSON.stringify(answer));
        const [smaller = ''] = /--estimated_\w+=\S+/.exec(String(hint)) ?? [];
        for (const words of [smaller, typeof raise === 'string' ? raise : '']) {
          if (!words.startsWith('--')) continue;
          const again = await adjust({ ...bodyFromFlags('adjust', typedIn(words)), force: true });
          const next = (again.body as Answer).error ?? 'accepted';
          // The other dimension may be refused next.
          assert.ok(
            ['accepted', 'infeasible'].includes(String(next)),
            `${words}: ${JSON.stringify(again.body)}`,
          );
          if (next === 'infeasible')
            assert.notEqual((again.body as Answer).dim, (answer as Answer).dim, words);
        }
      }),
      {
        numRuns: 25,
        examples: [
          [{ estimated_mem_bytes: 40 * GIB }],
          [{ estimated_mem_bytes: 12 * GIB, mem_pct_limit: 80 }],
        ],
      },
    );
    assert.ok(refusals.has('capacity_exceeded') && refusals.has('infeasible'), [...refusals].join());
  });

  it('for a task that is held or throttled is accepted on a full host', async (t) => {
    const rig = serviceOf(t);
    rig.makeRoom();
    rig.makeGroups();
    await rig.run({ name: 'other', estimated_mem_bytes: '6G', estimated_cpu_cores: 3 });
    await rig.run({ name: 'grows', estimated_mem_bytes: '1G', estimated_cpu_cores: 1 });
    const { mem_max_bytes: memMaxBytes, cpu_max_cores: cpuMaxCores } = await rig.task('grows');
    const subject = { name: 'grows', memMaxBytes: Number(memMaxBytes), cpuMaxCores: Number(cpuMaxCores) };
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.34, max: 1, noNaN: true }), async (share) => {
        const use = { memBytes: share * subject.memMaxBytes, estimatedMemBytes: GIB, growthBytesPerS: 1 };
        const cpu = { cores: share * subject.cpuMaxCores, estimatedCores: 1 };
        for (const { suggested_command: command } of [
          heldDetails({ holdWindowMs: 30_000 }, subject, use, { host_mem_pct: 96, limit_pct: 95 }),
          throttledDetails({ maxSysCpuPct: 95, windowMs: 30_000 }, subject, cpu, 99),
        ]) {
          const [, words = ''] = /^babysit adjust grows( --.*)$/.exec(command) ?? [];
          const { status, body } = await rig.ask(
            'POST',
            '/v1/tasks/grows/adjust',
            bodyFromFlags('adjust', typedIn(words)),
          );
          assert.equal(status, 200, `${command}: ${JSON.stringify(body)}`);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('after a kill is a retry that is accepted and starts, for every reason', async (t) => {
    const rig = serviceOf(t);
    rig.makeRoom();
    rig.makeGroups();
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...KILL_REASON_NAMES),
        fc.record(
          {
            estimated_mem_bytes: fc.constantFrom('64M', '1G', '3G'),
            estimated_time: fc.constantFrom('1s', '10m'),
            kill_timeout: fc.constantFrom('2s', '1h'),
            mem_pct_limit: fc.constantFrom(10, 40, 100),
          },
          { requiredKeys: ['estimated_mem_bytes'] },
        ),
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        async (reason, body, share) => {
          number += 1;
          const name = `t${number}`;
          const { status, body: started } = await rig.run({
            ...body,
            name,
            estimated_cpu_cores: 0.1,
            force: true,
          });
          if (status >= 300) return;
          const { mem_max_bytes: capBytes } = (await rig.task(name)) as Answer;
          const peak = reason === 'cgroup_oom_killed' ? Number(capBytes) : share * Number(capBytes ?? GIB);
          const caps =
            reason === 'mem_exceeded' ? { limit_bytes: Number(capBytes) } : { cap_bytes: Number(capBytes) };
          const detail = { ...EXAMPLES[reason], ...caps, peak_mem_bytes: peak };
          await change(rig.engine, started.id, { kind: 'request_kill', intent: aKill({ reason, detail }) });
          const usage = someUsage({
            peakMemBytes: peak,
            peakMemCachedBytes: peak,
            cpuSeconds: 0.1,
            peakCpuCores: 0.1,
          });
          await change(rig.engine, started.id, {
            kind: 'end',
            exit: anExit({ code: null, signal: 'SIGKILL' }),
            usage,
            at: 1e15,
          });
          const { suggested_command: command, kill_hint: hint } = (await rig.task(name)) as Answer;
          const hinted = valuesIn(String(hint));
          if (Object.keys(hinted).length > 0) {
            const asked = await rig.ask('POST', `/v1/tasks/${name}/retry`, bodyFromFlags('retry', hinted));
            assert.equal(asked.status, 200, `${hint}: ${JSON.stringify(asked.body)}`);
            await rig.kill(name);
            return;
          }
          if (typeof command !== 'string') return;
          assert.match(command, new RegExp(`^babysit retry ${name}( --\\w+(=\\S+)?)*$`));
          const retried = await rig.ask(
            'POST',
            `/v1/tasks/${name}/retry`,
            bodyFromFlags('retry', typedIn(command)),
          );
          assert.equal(retried.status, 200, `${command}: ${JSON.stringify(retried.body)}`);
          await rig.kill(name);
        },
      ),
      { numRuns: 30, examples: [['mem_exceeded', { estimated_mem_bytes: '1G', mem_pct_limit: 10 }, 0.1]] },
    );
  });
});
