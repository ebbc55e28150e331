// Profiles: the capacity of each, a switch in one round, by hand and by schedule on a clock of the test, over restarts.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import pino from 'pino';
import { configWith } from '../../../test/support/build/build-run.ts';
import { anAttempt, anEnvelope, anEstimate, GIB, taskIn } from '../../../test/support/build/build-task.ts';
import { tempDir } from '../../../test/support/temp-dir.ts';
import type { Config } from '../../config/settings.ts';
import type { TaskEvent } from '../../core/events.ts';
import { isActive } from '../../core/task.ts';
import { profileView } from '../../service/profile.ts';
import { LiveTasks } from '../live-tasks.ts';
import { Leases } from '../queue/leases.ts';
import type { Request } from '../unit-of-work.ts';
import { UnitOfWork } from '../unit-of-work.ts';
import { type ProfileSettings, profileSettings } from './profile-settings.ts';
import { Profiles } from './profiles.ts';

const HOST = {
  memTotalBytes: 64 * GIB,
  cores: 16,
  pidsMax: Number.POSITIVE_INFINITY,
  maxRunning: Number.POSITIVE_INFINITY,
};
/** Day 1 is a Monday. In the local time zone, like cron expressions. */
const at = (day: number, hour: number, minute = 0, second = 0) =>
  new Date(2026, 10, 22 + day, hour, minute, second).getTime();
const OFFICE: Partial<Config> = { 'profile.day.at': '0 8 * * 1-5', 'profile.night.at': '0 20 * * *' };

/** Profiles over real rounds: the task runs with 4 cores estimated; `fails` breaks the next commit. */
function rig(t: TestContext, settings: Partial<Config> = {}, startMs = at(1, 12)) {
  const dir = tempDir(t);
  const live = new LiveTasks();
  const running = {
    ...taskIn({ status: 'running', attempt: anAttempt() }),
    estimate: anEstimate({ cpuCores: 4 }),
  };
  live.put(running.id, running, 0);
  const clock = { wallMs: startMs, now: () => ({ wallMs: clock.wallMs, monoMs: clock.wallMs }) };
  const events: TaskEvent[] = [];
  const state = { fails: false, refusal: null as string | null };
  const rounds = {
    live,
    request(request: Request) {
      const work = new UnitOfWork(live, new Leases(), clock.now());
      request.apply(work);
      if (state.fails) {
        work.rollback();
        request.reject(new Error('disk full'));
        return;
      }
      events.push(...work.writes().events.map(({ event }) => event));
      request.resolve();
    },
  };
  const switched: ProfileSettings[] = [];
  const totals: (number | null)[] = [];
  const open = () =>
    new Profiles({
      config: { ...configWith(), ...settings },
      host: HOST,
      clock,
      log: pino({ level: 'silent' }),
      path: join(dir, 'profile.json'),
      switched: (settings) => switched.push(settings),
      shareCpu: ({ maxCores }) => {
        totals.push(maxCores);
        return state.refusal;
      },
    });
  const caps = () => {
    const task = live.get(running.id);
    assert.ok(task && isActive(task.state));
    const { cpuMaxCores, cpuWeight, nice, memMaxBytes } = task.state.attempt.envelope;
    return { cpuMaxCores, cpuWeight, nice, memGib: memMaxBytes / GIB };
  };
  return { dir, clock, rounds, events, state, switched, totals, open, caps };
}

describe('a profile', () => {
  const TABLE: [ProfileSettings['profile'], object][] = [
    ['normal', { cores: 16, share: 14.4, memGib: 44.8, weight: 50, nice: 10, threads: 16 }],
    ['day', { cores: 8, share: 8, memGib: 38.4, weight: 20, nice: 15, threads: 1 }],
    ['night', { cores: 16, share: null, memGib: 48, weight: 100, nice: 5, threads: 16 }],
  ];
  for (const [name, expected] of TABLE)
    it(`${name} has its capacity on 16 cores and 64 GiB`, () => {
      const { capacity, envelopeRules, threadsMax, cpuShare } = profileSettings(name, configWith(), HOST);
      assert.deepEqual(
        {
          cores: capacity.cpuLimitCores,
          share: cpuShare.maxCores,
          memGib: Math.round((capacity.memLimitBytes / GIB) * 10) / 10,
          weight: cpuShare.weight,
          nice: envelopeRules.nice,
          threads: threadsMax,
        },
        expected,
      );
    });

  it('leaves one thread on the smallest host', () => {
    const { capacity, threadsMax } = profileSettings('day', configWith(), { ...HOST, cores: 1 });
    assert.deepEqual([capacity.cpuLimitCores, threadsMax], [0.5, 1]);
  });
});

describe('a switch', () => {
  it('changes capacity and the caps of running tasks together, but not their memory', async (t) => {
    const { open, rounds, events, switched, totals, caps } = rig(t);
    const profiles = open();
    assert.equal(profiles.capacity.cpuLimitCores, 16);
    await profiles.switchTo('day', 'hand', rounds);
    assert.equal(profiles.capacity.cpuLimitCores, 8);
    assert.deepEqual(caps(), { cpuMaxCores: 8, cpuWeight: 20, nice: 15, memGib: 12 });
    assert.deepEqual(events, [
      { event: 'profile_switched', profile: 'day', cpu_max_cores: 8, cpu_weight: 20, cpu_idle: false },
    ]);
    await profiles.switchTo('night', 'hand', rounds);
    assert.deepEqual(caps(), { cpuMaxCores: 12, cpuWeight: 100, nice: 5, memGib: 12 });
    assert.deepEqual(
      switched.map(({ profile }) => profile),
      ['day', 'night'],
    );
    // The total cap is lifted while the caps below it change.
    assert.deepEqual(totals, [null, 8, null, null]);
  });

  it('to the active profile makes no event', async (t) => {
    const { open, rounds, events } = rig(t);
    const profiles = open();
    await profiles.switchTo('day', 'hand', rounds);
    await profiles.switchTo('day', 'hand', rounds);
    assert.equal(events.length, 1);
  });

  it('has no effect when its commit fails', async (t) => {
    const { open, rounds, state, switched, totals, caps } = rig(t);
    const profiles = open();
    const before = caps();
    state.fails = true;
    await assert.rejects(profiles.switchTo('night', 'hand', rounds), /disk full/);
    assert.deepEqual([profiles.settings.profile, profiles.active.profile], ['normal', 'normal']);
    assert.deepEqual(caps(), before);
    assert.deepEqual([switched, totals], [[], [null, 14.4]]);
  });

  it('retries the total cap until the kernel accepts it', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { open, rounds, state, totals } = rig(t);
    const profiles = open();
    state.refusal = 'EINVAL';
    await profiles.switchTo('day', 'hand', rounds);
    state.refusal = null;
    t.mock.timers.tick(1000);
    t.mock.timers.tick(60_000);
    assert.deepEqual(totals, [null, 8, 8]);
  });

  it('keeps a task feasible that fits into another profile', async (t) => {
    const { open, rounds } = rig(t);
    const profiles = open();
    await profiles.switchTo('day', 'hand', rounds);
    assert.equal(profiles.largest.cpuLimitCores, 16);
    assert.equal(profiles.largest.memLimitBytes, 48 * GIB);
  });
});

describe('the schedule', () => {
  it('switches at its minutes, and keeps a switch by hand until the next of them', async (t) => {
    const { open, rounds, clock, caps } = rig(t, OFFICE, at(1, 7, 58));
    const profiles = open();
    const switches: string[] = [];
    const lookAt = async (ms: number) => {
      clock.wallMs = ms;
      await profiles.followSchedule(rounds);
      switches.push(`${profiles.active.profile} by ${profiles.active.by}`);
    };
    await lookAt(at(1, 7, 59));
    await lookAt(at(1, 8, 0));
    assert.equal(caps().cpuMaxCores, 8);
    await profiles.switchTo('normal', 'hand', rounds);
    await lookAt(at(1, 8, 1));
    await lookAt(at(1, 19, 59, 59));
    await lookAt(at(1, 20, 0, 30));
    assert.equal(caps().cpuMaxCores, 12);
    assert.deepEqual(switches, [
      'night by schedule',
      'day by schedule',
      'normal by hand',
      'normal by hand',
      'night by schedule',
    ]);
  });

  it('catches up with switches that were due while the host slept', async (t) => {
    const { open, rounds, clock } = rig(t, OFFICE, at(1, 7));
    const profiles = open();
    clock.wallMs = at(3, 9, 13);
    await profiles.followSchedule(rounds);
    assert.equal(profiles.active.profile, 'day');
    // Saturday has no day.
    clock.wallMs = at(6, 12);
    await profiles.followSchedule(rounds);
    assert.equal(profiles.active.profile, 'night');
  });

  it('tries again after a commit that failed', async (t) => {
    const { open, rounds, clock, state } = rig(t, OFFICE, at(1, 7, 59));
    const profiles = open();
    clock.wallMs = at(1, 8);
    state.fails = true;
    await profiles.followSchedule(rounds);
    assert.equal(profiles.active.profile, 'night');
    state.fails = false;
    clock.wallMs = at(1, 8, 1);
    await profiles.followSchedule(rounds);
    assert.equal(profiles.active.profile, 'day');
  });

  it('survives a clock that is set back', async (t) => {
    const { open, rounds, clock } = rig(t, OFFICE, at(1, 12));
    const profiles = open();
    clock.wallMs = at(0, 23);
    await profiles.followSchedule(rounds);
    assert.equal(profiles.active.profile, 'day');
    clock.wallMs = at(1, 20);
    await profiles.followSchedule(rounds);
    assert.equal(profiles.active.profile, 'night');
  });

  it('refuses an invalid cron expression', (t) => {
    const { open } = rig(t, { 'profile.day.at': '61 8 * * *' });
    assert.throws(open, /profile\.day\.at: invalid cron expression "61 8 \* \* \*"/);
  });
});

describe('a daemon that starts', () => {
  it('keeps the profile that was chosen by hand, until a newer switch was due', async (t) => {
    const { open, rounds, clock } = rig(t, OFFICE);
    await open().switchTo('normal', 'hand', rounds);
    clock.wallMs = at(1, 19);
    assert.deepEqual([open().active.profile, open().active.by], ['normal', 'hand']);
    clock.wallMs = at(1, 21);
    assert.deepEqual([open().active.profile, open().active.by], ['night', 'schedule']);
  });

  it('begins with profile.start, also when the stored profile cannot be read', (t) => {
    const { open, dir } = rig(t, { 'profile.start': 'night' });
    assert.equal(open().active.profile, 'night');
    writeFileSync(join(dir, 'profile.json'), '{"profile":"noon","at":1}');
    assert.deepEqual([open().active.profile, open().active.by], ['night', 'start']);
  });

  it('brings adopted attempts to the profile in force', (t) => {
    const { open, rounds, caps } = rig(t, { 'profile.start': 'day' });
    assert.notEqual(caps().cpuMaxCores, 8);
    assert.equal(anEnvelope().cpuMaxCores, 12);
    const profiles = open();
    profiles.start(rounds);
    assert.equal(caps().cpuMaxCores, 8);
    profiles.stop();
  });
});

describe('the view of profiles', () => {
  it('has the active profile, the next switch and the capacity of each', (t) => {
    const view = profileView(rig(t, OFFICE).open());
    assert.deepEqual([view.profile, view.by], ['day', 'schedule']);
    const next = new Date(view.next?.at ?? Number.NaN);
    assert.deepEqual([next.getHours(), next.getMinutes()], view.next?.profile === 'day' ? [8, 0] : [20, 0]);
    assert.ok(next.getTime() > Date.now() && next.getTime() < Date.now() + 86_400_000, String(next));
    assert.deepEqual(
      view.profiles.map(({ profile, cpu_limit_cores, at }) => [profile, cpu_limit_cores, at]),
      [
        ['normal', 16, 'off'],
        ['day', 8, '0 8 * * 1-5'],
        ['night', 16, '0 20 * * *'],
      ],
    );
  });
});
