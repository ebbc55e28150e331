// Decides whether what a command does is polling of babysit. Pure.
import { type Deed, flatten, type Look, type Loop, type Run } from './actions.ts';

export type Poll =
  /** It looks again and again, or looks after a pause. */
  | { readonly kind: 'look'; readonly looks: readonly Look[]; readonly runs: readonly Run[] }
  /** It submits the same again until there is room. */
  | { readonly kind: 'retry'; readonly run: Run };

/** Verbs that return when something has happened. */
const BLOCKING = new Set(['wait', 'wait_for_capacity']);

/** Null: no polling. */
export function findPoll(deeds: readonly Deed[]): Poll | null {
  return (
    nested(deeds)
      .map(findPoll)
      .find((poll) => poll !== null) ??
    findFollow(deeds) ??
    loopsOf(deeds)
      .map(judgeLoop)
      .find((poll) => poll !== null) ??
    judgeSequence(deeds) ??
    null
  );
}

/** What runs beside the rest is judged by itself. */
function nested(deeds: readonly Deed[]): (readonly Deed[])[] {
  return deeds.flatMap((deed) => {
    switch (deed.kind) {
      case 'apart':
        return [deed.deeds];
      case 'loop':
        return nested([...deed.clause, ...deed.body]);
      case 'either':
        return nested(deed.branches.flat());
      default:
        return [];
    }
  });
}

function loopsOf(deeds: readonly Deed[]): Loop[] {
  return deeds.flatMap((deed) => {
    switch (deed.kind) {
      case 'loop':
        return [deed, ...loopsOf([...deed.clause, ...deed.body])];
      case 'either':
        return loopsOf(deed.branches.flat());
      default:
        return [];
    }
  });
}

/** `tail -f` of a log never ends by itself. */
function findFollow(deeds: readonly Deed[]): Poll | null {
  const looks = flatten(deeds).filter(isLook);
  return looks.some(({ isFollow }) => isFollow) ? { kind: 'look', looks, runs: [] } : null;
}

function judgeLoop({ type, clause, body, changes }: Loop): Poll | null {
  const all = flatten([...clause, ...body]);
  const looks = all.filter(isLook);
  const runs = all.filter(isRun);
  if (looks.length > 0) {
    const isPaced = type === 'watch' || all.some(({ kind }) => kind === 'pause');
    if (isPaced) return { kind: 'look', looks, runs };
    // Without a pause it looks as fast as it can, unless each turn waits for something, or looks at another task.
    const isBusy = type === 'while' && !looks.some(({ verb }) => BLOCKING.has(verb));
    const again = looks.filter(({ mentions }) => !mentions.some((name) => changes.has(name)));
    return isBusy && again.length > 0 ? { kind: 'look', looks: again, runs } : null;
  }
  const isPaced = all.some(({ kind }) => kind === 'pause');
  const mayLeave = body.some(({ kind }) => kind === 'leave');
  const again = mayLeave ? runs[0] : clause.find(isRun);
  return isPaced && again !== undefined ? { kind: 'retry', run: again } : null;
}

/** What has happened at one point of the main flow. */
interface Past {
  isPaused: boolean;
  isJobPausing: boolean;
  readonly looks: Look[];
  readonly runs: Run[];
  /** The last deed was a pause after a look. */
  isHalfPoll: boolean;
}

function judgeSequence(deeds: readonly Deed[]): Poll | null {
  const past: Past = { isPaused: false, isJobPausing: false, looks: [], runs: [], isHalfPoll: false };
  const poll = follow(deeds, past);
  if (poll === null) return past.isHalfPoll ? { kind: 'look', looks: past.looks, runs: past.runs } : null;
  // The looks of the whole flow, so that the advice names all their tasks.
  return poll.kind === 'look' ? { ...poll, looks: flatten(deeds).filter(isLook) } : poll;
}

/** Goes on from `past` and changes it; returns the first poll. */
function follow(deeds: readonly Deed[], past: Past): Poll | null {
  for (const deed of deeds) {
    const poll = followOne(deed, past);
    if (poll !== null) return poll;
  }
  return null;
}

function followOne(deed: Deed, past: Past): Poll | null {
  switch (deed.kind) {
    case 'pause':
      past.isPaused = true;
      past.isHalfPoll = past.looks.length > 0;
      return null;
    case 'join':
      past.isPaused ||= past.isJobPausing;
      return null;
    case 'run': {
      const isAgain = past.isPaused && past.runs.some(({ written }) => written === deed.written);
      if (isAgain) return { kind: 'retry', run: deed };
      past.runs.push(deed);
      // A pause before a submission is not for what is looked at after it.
      past.isPaused = false;
      past.isHalfPoll = false;
      return null;
    }
    case 'look':
      past.looks.push(deed);
      past.isHalfPoll = false;
      return past.isPaused ? { kind: 'look', looks: past.looks, runs: past.runs } : null;
    case 'other':
    case 'leave':
      past.isHalfPoll = false;
      return null;
    case 'apart':
      if (deed.isJob) past.isJobPausing ||= flatten(deed.deeds).some(({ kind }) => kind === 'pause');
      past.isHalfPoll = false;
      return null;
    case 'loop':
      // A loop counts as one turn, unless it waits for something else, such as a server that starts.
      return deed.clause.some(({ kind }) => kind === 'other')
        ? null
        : follow([...deed.clause, ...deed.body], past);
    case 'either':
      return followBranches(deed.branches, past);
  }
}

function followBranches(branches: readonly (readonly Deed[])[], past: Past): Poll | null {
  const { isPaused, isJobPausing, isHalfPoll } = past;
  const ends = branches.map((branch) => {
    const own: Past = { ...past, isPaused, isJobPausing, isHalfPoll };
    return { own, poll: follow(branch, own) };
  });
  past.isPaused = ends.some(({ own }) => own.isPaused);
  past.isJobPausing = ends.some(({ own }) => own.isJobPausing);
  past.isHalfPoll = ends.some(({ own }) => own.isHalfPoll);
  return ends.find(({ poll }) => poll !== null)?.poll ?? null;
}

function isLook(deed: Deed): deed is Look {
  return deed.kind === 'look';
}

function isRun(deed: Deed): deed is Run {
  return deed.kind === 'run';
}
