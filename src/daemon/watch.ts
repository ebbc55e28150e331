// One sampling pass: reads every live attempt, lets the watchdog judge it, stages what follows.
import type { Logger } from 'pino';
import { isActive } from '../core/task.ts';
import { isStallNear, judge, type WatchRules } from '../watchdog/judge.ts';
import { rememberPaused, type WatchMemory } from '../watchdog/memory.ts';
import { withEvidence } from '../watchdog/stall.ts';
import type { LiveAttempt } from './attempt.ts';
import type { Logs } from './logs.ts';
import type { Stage } from './stage.ts';
import { stallEvidence } from './stall-look.ts';

export interface WatchDeps {
  readonly watchRules: WatchRules;
  readonly log: Logger;
  readonly logs: Logs;
}

/** What the watchdog remembers from now on, once the round is committed. */
export type Memories = ReadonlyMap<LiveAttempt, WatchMemory>;
export const NO_MEMORIES: Memories = new Map();

/** `examine` is called for attempts whose records may say that they are over. */
export function sampleAll(
  { watchRules, log, logs }: WatchDeps,
  stage: Stage,
  attempts: Iterable<LiveAttempt>,
  examine: (live: LiveAttempt) => void,
): Memories {
  const memories = new Map<LiveAttempt, WatchMemory>();
  for (const live of attempts) {
    const task = stage.get(live.id);
    if (task === undefined || !isActive(task.state)) continue;
    const { attempt } = task.state;
    if (attempt.startedAt === null) {
      // Where inotify has no watch left, nothing else tells that it has begun.
      examine(live);
      continue;
    }
    const usage = live.look();
    // While the main process lives it makes no difference whether its supervisor does.
    if (!live.hasMain) {
      if (live.supervisor === null || live.isSupervisorGone()) examine(live);
      else live.nudgeSupervisor();
      // It may just have been found to be over.
      if (isOver(stage, live)) continue;
    }
    if (usage === null) continue;
    const { isStrict } = task.limits;
    const withIo = live.memory === null || isStallNear(task.limits, live.memory, 2 * watchRules.gapMs);
    const sample = live.sample(usage, stage.now, { isStrict, withIo });
    if (sample === null) continue;
    logs.look(live.log, live.supervisor, stage.now);
    live.heartbeat.beat(task.name, sample, () => live.progress.progress(stage.now.monoMs));
    const before = live.memory ?? live.firstMemory(sample, task.state);
    if (task.state.status === 'paused') {
      memories.set(live, rememberPaused(before, sample));
      live.dueInMs = null;
      continue;
    }
    const { estimate, limits } = task;
    const { pidsMax, memMaxBytes } = attempt.envelope;
    const verdict = judge(watchRules, { estimate, limits, pidsMax, memMaxBytes }, before, sample);
    memories.set(live, verdict.memory);
    live.dueInMs = verdict.dueInMs;
    if (attempt.kill !== null) continue;
    for (const event of verdict.events)
      stage.tell(
        task,
        event.event === 'stall_risk'
          ? withEvidence(event, stallEvidence(live, verdict.memory, stage.now))
          : event,
      );
    if (verdict.wouldKill !== null) {
      stage.tell(task, { event: 'would_kill', ...verdict.wouldKill });
      log.warn({ task: live.id, name: task.name, ...verdict.wouldKill }, 'dry run: would kill');
    }
    if (verdict.kill === null) continue;
    const { reason, detail } = verdict.kill;
    const signal = reason === 'cgroup_oom_killed' ? 'SIGKILL' : 'SIGTERM';
    const at = stage.now.wallMs;
    stage.change(live.id, { kind: 'request_kill', intent: { reason, detail, signal, at, killedAt: null } });
    log.warn({ task: live.id, name: task.name, reason, detail }, 'watchdog kill');
  }
  return memories;
}

function isOver(stage: Stage, { id }: LiveAttempt): boolean {
  const task = stage.get(id);
  return task === undefined || !isActive(task.state);
}
