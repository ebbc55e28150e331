// Decides whether the steps of a command poll babysit: each pause belongs to the next command that could need it. Pure.
import { CHANGES } from './lists.ts';
import {
  flatten,
  isLook,
  isPause,
  isSubmit,
  type Job,
  type Look,
  type Loop,
  type Pause,
  type Step,
  type Submit,
  type Work,
} from './steps.ts';
import { stepSeconds } from './wait.ts';

export type Poll =
  /** A pause, then a look. */
  | {
      readonly kind: 'sequence';
      readonly pauses: readonly Pause[];
      readonly looks: Look[];
      /** Looks right before the pause. */
      readonly before: readonly Look[];
      /** The last submission or change before the pause. */
      readonly after: Submit | null;
    }
  /** A look, then a pause at the end. */
  | {
      readonly kind: 'trailing';
      readonly pauses: readonly Pause[];
      readonly look: Look;
      readonly after: Submit | null;
    }
  | {
      readonly kind: 'loop';
      readonly loop: Loop;
      readonly looks: readonly Look[];
      readonly after: Submit | null /** The submission that follows. */;
      next: Submit | null;
    }
  /** `tail -f` of the log of a task. */
  | { readonly kind: 'follow'; readonly look: Look }
  /** Submits the same command again until there is room. */
  | {
      readonly kind: 'retry';
      readonly loop: Loop | null;
      readonly runs: readonly Submit[];
      readonly pauses: readonly Pause[];
    };

/** A shorter pause at the end of a command does not delay the next look. */
const PACE_MIN_SECONDS = 3;

/** Verbs that return after an event. */
const BLOCKING = new Set(['wait', 'wait_for_capacity']);

interface State {
  /** Pauses that no command has used yet. */
  pending: Pause[];
  /** A command that starts or changes something has run before. */
  hasStarter: boolean;
  looks: Look[];
  submits: Submit[];
  /** Background jobs that only pause. */
  jobs: Pause[];
  poll: Extract<Poll, { kind: 'sequence' }> | null;
  /** The last loop that polls, until a command uses its end. */
  loop: Extract<Poll, { kind: 'loop' }> | null;
  /** A background job that works runs. */
  hasJob: boolean;
}

const newState = (): State => ({
  pending: [],
  hasStarter: false,
  looks: [],
  submits: [],
  jobs: [],
  poll: null,
  loop: null,
  hasJob: false,
});

/** Returns every poll in the steps. */
export function findPolls(steps: readonly Step[]): Poll[] {
  const polls: Poll[] = [];
  const state = newState();
  follow(steps, state, polls);
  const look = state.looks.at(-1);
  if (secondsOf(state.pending) >= PACE_MIN_SECONDS && look !== undefined)
    polls.push({ kind: 'trailing', pauses: state.pending, look, after: state.submits.at(-1) ?? null });
  return polls;
}

function follow(steps: readonly Step[], state: State, polls: Poll[]): void {
  for (const step of steps) followOne(step, state, polls);
}

function followOne(step: Step, state: State, polls: Poll[]): void {
  switch (step.kind) {
    case 'pause':
      state.pending.push(step);
      return;
    case 'look':
      if (step.isFollow) polls.push({ kind: 'follow', look: step });
      else look(step, state, polls);
      return;
    case 'submit':
      submit(step, state, polls);
      return;
    case 'work':
      work(step, state);
      return;
    case 'join':
      if (state.hasJob) settle(state);
      if (state.jobs.length > 0) {
        const own = { start: step.element.start, end: step.element.end };
        state.pending.push(...state.jobs, { kind: 'pause', element: step.element, own, seconds: 0 });
      }
      state.jobs = [];
      return;
    case 'exit':
      state.pending = [];
      return;
    case 'job':
      job(step, state, polls);
      return;
    case 'branch':
      branches(step.branches, state, polls);
      return;
    case 'loop':
      loop(step, state, polls);
      return;
  }
}

function secondsOf(pauses: readonly Pause[]): number {
  return pauses.reduce((sum, { seconds }) => sum + (seconds ?? Number.POSITIVE_INFINITY), 0);
}

function look(step: Look, state: State, polls: Poll[]): void {
  // A daemon that the command has started or restarted needs a moment.
  const isStarting = state.hasStarter || /^daemon-/.test(state.submits.at(-1)?.verb ?? '');
  if (step.verb === 'ping' && isStarting) state.pending = [];
  if (state.pending.length > 0) {
    const poll: Extract<Poll, { kind: 'sequence' }> = {
      kind: 'sequence',
      pauses: state.pending,
      looks: [step],
      before: state.looks,
      after: state.submits.at(-1) ?? null,
    };
    polls.push(poll);
    state.poll = poll;
    state.pending = [];
  } else state.poll?.looks.push(step);
  state.looks = [...state.looks, step];
}

function submit(step: Submit, state: State, polls: Poll[]): void {
  if (step.verb === 'run' && state.pending.length > 0) {
    const again = state.submits.find(({ verb, written }) => verb === 'run' && written === step.written);
    if (again !== undefined)
      polls.push({ kind: 'retry', loop: null, runs: [again, step], pauses: state.pending });
  }
  if (step.verb === 'run' && state.loop !== null) state.loop.next = step;
  state.submits.push(step);
  // A pause before a submission belongs to it.
  settle(state);
}

/** A command has used the pauses before it. */
function settle(state: State): void {
  state.pending = [];
  state.looks = [];
  state.poll = null;
  state.loop = null;
}

function work(step: Work, state: State): void {
  if (step.need === 'quiet') return;
  // Files and the host are viewed along with the tasks, unless something that was started may change them.
  if (step.need === 'viewer' && !(state.hasStarter && state.pending.length > 0)) return;
  if (step.need === 'claims') state.hasStarter = true;
  settle(state);
}

function job(step: Job, state: State, polls: Poll[]): void {
  polls.push(...findPolls(step.steps));
  if (!step.isShellJob) return;
  const leaves = flatten(step.steps);
  const isNap = leaves.some(isPause) && leaves.every((leaf) => isPause(leaf) || isQuiet(leaf));
  const { chain } = step.element;
  const own = { start: chain.start, end: chain.end };
  if (isNap) state.jobs.push({ kind: 'pause', element: step.element, own, seconds: null });
  else if (!leaves.every((leaf) => isLook(leaf) || isQuiet(leaf))) {
    state.hasStarter = true;
    state.hasJob = true;
  }
}

function branches(all: readonly (readonly Step[])[], state: State, polls: Poll[]): void {
  const ends = all.map((branch) => {
    const own: State = { ...state, pending: [...state.pending], submits: [...state.submits] };
    follow(branch, own, polls);
    return { own, hasLeft: branch.some(({ kind }) => kind === 'exit') };
  });
  const staying = ends.filter(({ hasLeft }) => !hasLeft);
  const merged = staying.length === 0 ? ends.slice(0, 1) : staying;
  state.pending = [...new Set(merged.flatMap(({ own }) => own.pending))];
  state.hasStarter = merged.some(({ own }) => own.hasStarter);
  state.submits = [...new Set(merged.flatMap(({ own }) => own.submits))];
  state.jobs = [...new Set(merged.flatMap(({ own }) => own.jobs))];
  // A look and a pause of different branches do not meet.
  const paused = merged.filter(({ own }) => own.pending.length > 0);
  state.looks = [...new Set((paused.length > 0 ? paused : merged).flatMap(({ own }) => own.looks))];
  state.poll = merged.find(({ own }) => own.poll !== null)?.own.poll ?? null;
}

function loop(step: Loop, state: State, polls: Poll[]): void {
  const steps = [...step.clause, ...step.body];
  const leaves = flatten(steps);
  if (leaves.every((leaf) => isPause(leaf) || isQuiet(leaf))) {
    const { element, own } = step;
    if (leaves.some(isPause) || step.seconds !== null)
      state.pending.push({ kind: 'pause', element, own, seconds: null });
    return;
  }
  const found = loopPoll(step, state);
  if (found !== null) {
    polls.push(found, ...steps.flatMap((each) => (each.kind === 'job' ? findPolls(each.steps) : [])));
    // The loop ends with an event.
    settle(state);
    if (found.kind === 'loop') state.loop = found;
    return;
  }
  const waitsForOther = step.clause.some((each) => each.kind === 'work' && each.need !== 'quiet');
  if (waitsForOther || steadyWork(step).length > 0) {
    const inside = newState();
    inside.hasStarter = true;
    const nested: Poll[] = [];
    follow(steps, inside, nested);
    // Without its pause a `while` of other work would be busy.
    polls.push(...nested.filter(({ kind }) => kind === 'loop' || kind === 'follow' || step.type === 'for'));
    Object.assign(state, { ...newState(), hasStarter: true, submits: state.submits });
    return;
  }
  follow(steps, state, polls);
  // A pause at the end of a turn belongs to the next turn.
  const paces = (leaf: Step) =>
    leaf.kind === 'submit' || (leaf.kind === 'work' && /^(?:claims|probe)$/.test(leaf.need));
  if (leaves.some(paces)) settle(state);
}

function loopPoll(step: Loop, { submits }: State): Poll | null {
  const steps = [...step.clause, ...step.body];
  const leaves = flatten(withoutInnerPolls(steps));
  // Each turn looks at another host.
  const isElsewhere = ({ hostNames }: Look) => hostNames.some((name) => step.changes.has(name));
  const looks = leaves.filter(isLook).filter((each) => !each.isFollow && !isElsewhere(each));
  const runs = leaves.filter(isSubmit).filter(({ verb }) => verb === 'run');
  const pauses = leaves.filter(isPause);
  const after = submits.at(-1) ?? null;
  const isPaced =
    step.type === 'watch' || pauses.length > 0 || looks.some((each) => stepSeconds(each) !== null);
  const mayExit = flatten(step.body).some(({ kind }) => kind === 'exit');
  const retried = mayExit
    ? runs
    : flatten(step.clause)
        .filter(isSubmit)
        .filter(({ verb }) => verb === 'run');
  if (isPaced && retried.length > 0 && steadyWork(step).length === 0)
    return { kind: 'retry', loop: step, runs: retried.slice(0, 1), pauses };
  if (looks.length === 0 || runs.length > 0 || steadyWork(step).length > 0) return null;
  if (isPaced) return { kind: 'loop', loop: step, looks, after, next: null };
  // A loop without a pause is busy polling, unless a turn blocks or looks at another task.
  if ((step.type === 'for' && !mayExit) || looks.some(({ verb }) => BLOCKING.has(verb))) return null;
  const again = looks.filter(({ mentions }) => !mentions.some((name) => step.changes.has(name)));
  return again.length > 0 ? { kind: 'loop', loop: step, looks: again, after, next: null } : null;
}

/** A loop inside that polls by itself is judged alone. */
function withoutInnerPolls(steps: readonly Step[]): Step[] {
  return steps.flatMap((step): Step[] => {
    if (step.kind === 'loop') return loopPoll(step, newState()) === null ? [step] : [];
    return step.kind === 'branch' ? [{ ...step, branches: step.branches.map(withoutInnerPolls) }] : [step];
  });
}

/** The work of each turn, which the pause of the loop paces. Work that follows the end of the loop is none. */
export function steadyWork(step: Loop): Work[] {
  const all = flatten([...step.clause, ...step.body]);
  const exits = all.filter(({ kind }) => kind === 'exit') as Extract<Step, { kind: 'exit' }>[];
  const looks = all.filter(isLook);
  const isLast = (each: Work): boolean => {
    const { chain } = each.element;
    const isAfterLook = looks.some(
      ({ element }) => element.chain === chain && element.index < each.element.index,
    );
    const leaves = exits.some(
      ({ element }) =>
        element.chain === chain ||
        (chain.list.isInner && element.chain.list === chain.list && !isBodyOf(chain.list, step)),
    );
    return isAfterLook || leaves;
  };
  return all.filter((each): each is Work => {
    if (each.kind === 'submit') return false;
    return each.kind === 'work' && each.need === 'claims' && !isLast(each);
  });
}

function isBodyOf(list: Work['element']['chain']['list'], { inside, element }: Loop): boolean {
  const first = list.statements[0];
  const last = list.statements.at(-1);
  if (list.source !== element.source || first === undefined || last === undefined) return false;
  return first.start === inside.start && last.end === inside.end;
}

function isQuiet(step: Step): boolean {
  return (step.kind === 'work' && step.need === 'quiet') || step.kind === 'exit' || step.kind === 'join';
}

/** A change takes effect before its verb returns. */
export function isDone(after: Submit | null): boolean {
  if (after === null) return false;
  return CHANGES.has(after.verb) || after.verb === 'exec' || /(?:^|\s)--wait\b/.test(after.written);
}
