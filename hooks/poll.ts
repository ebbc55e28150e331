// Decides whether the actions of a command poll babysit. Pure.
import { type Action, flatten, type Loop, type Query, type Run } from './actions.ts';

export type Poll =
  /** Queries repeatedly, or after a pause. */
  | { readonly kind: 'query'; readonly queries: readonly Query[]; readonly runs: readonly Run[] }
  /** Submits the same command again until there is room. */
  | { readonly kind: 'retry'; readonly run: Run };

/** Verbs that return after an event. */
const BLOCKING = new Set(['wait', 'wait_for_capacity']);

/** Returns null when the actions do not poll. */
export function findPoll(actions: readonly Action[]): Poll | null {
  return (
    nested(actions)
      .map(findPoll)
      .find((poll) => poll !== null) ??
    findFollow(actions) ??
    loopsOf(actions)
      .map(findLoopPoll)
      .find((poll) => poll !== null) ??
    findSequencePoll(actions) ??
    null
  );
}

/** Parallel actions are checked separately. */
function nested(actions: readonly Action[]): (readonly Action[])[] {
  return actions.flatMap((action) => {
    switch (action.kind) {
      case 'parallel':
        return [action.actions];
      case 'loop':
        return nested([...action.clause, ...action.body]);
      case 'branch':
        return nested(action.branches.flat());
      default:
        return [];
    }
  });
}

function loopsOf(actions: readonly Action[]): Loop[] {
  return actions.flatMap((action) => {
    switch (action.kind) {
      case 'loop':
        return [action, ...loopsOf([...action.clause, ...action.body])];
      case 'branch':
        return loopsOf(action.branches.flat());
      default:
        return [];
    }
  });
}

/** `tail -f` of a log has no end. */
function findFollow(actions: readonly Action[]): Poll | null {
  const queries = flatten(actions).filter(isQuery);
  return queries.some(({ isFollow }) => isFollow) ? { kind: 'query', queries, runs: [] } : null;
}

function findLoopPoll({ type, clause, body, changes }: Loop): Poll | null {
  const all = flatten([...clause, ...body]);
  const queries = all.filter(isQuery);
  const runs = all.filter(isRun);
  if (queries.length > 0) {
    const isPaced = type === 'watch' || all.some(({ kind }) => kind === 'pause');
    if (isPaced) return { kind: 'query', queries, runs };
    // A loop without a pause is busy polling, unless an iteration blocks or queries another task.
    const isBusy = type === 'while' && !queries.some(({ verb }) => BLOCKING.has(verb));
    const again = queries.filter(({ mentions }) => !mentions.some((name) => changes.has(name)));
    return isBusy && again.length > 0 ? { kind: 'query', queries: again, runs } : null;
  }
  const isPaced = all.some(({ kind }) => kind === 'pause');
  const mayExit = body.some(({ kind }) => kind === 'exit');
  const again = mayExit ? runs[0] : clause.find(isRun);
  return isPaced && again !== undefined ? { kind: 'retry', run: again } : null;
}

/** The state at one point of the main flow. */
interface FlowState {
  isPaused: boolean;
  isJobPausing: boolean;
  readonly queries: Query[];
  readonly runs: Run[];
  /** The last action was a pause after a query. */
  isHalfPoll: boolean;
}

function findSequencePoll(actions: readonly Action[]): Poll | null {
  const state: FlowState = { isPaused: false, isJobPausing: false, queries: [], runs: [], isHalfPoll: false };
  const poll = follow(actions, state);
  if (poll === null)
    return state.isHalfPoll ? { kind: 'query', queries: state.queries, runs: state.runs } : null;
  // The queries of the whole flow, so that the advice names all their tasks.
  return poll.kind === 'query' ? { ...poll, queries: flatten(actions).filter(isQuery) } : poll;
}

/** Applies the actions to `state` and returns the first poll. */
function follow(actions: readonly Action[], state: FlowState): Poll | null {
  for (const action of actions) {
    const poll = followOne(action, state);
    if (poll !== null) return poll;
  }
  return null;
}

function followOne(action: Action, state: FlowState): Poll | null {
  switch (action.kind) {
    case 'pause':
      state.isPaused = true;
      state.isHalfPoll = state.queries.length > 0;
      return null;
    case 'join':
      state.isPaused ||= state.isJobPausing;
      return null;
    case 'run': {
      const isAgain = state.isPaused && state.runs.some(({ written }) => written === action.written);
      if (isAgain) return { kind: 'retry', run: action };
      state.runs.push(action);
      // A pause before a submission does not belong to a later query.
      state.isPaused = false;
      state.isHalfPoll = false;
      return null;
    }
    case 'query':
      state.queries.push(action);
      state.isHalfPoll = false;
      return state.isPaused ? { kind: 'query', queries: state.queries, runs: state.runs } : null;
    case 'other':
    case 'exit':
      state.isHalfPoll = false;
      return null;
    case 'parallel':
      if (action.isJob) state.isJobPausing ||= flatten(action.actions).some(({ kind }) => kind === 'pause');
      state.isHalfPoll = false;
      return null;
    case 'loop':
      // A loop counts as one iteration, unless it waits for another event, such as the start of a server.
      return action.clause.some(({ kind }) => kind === 'other')
        ? null
        : follow([...action.clause, ...action.body], state);
    case 'branch':
      return followBranches(action.branches, state);
  }
}

function followBranches(branches: readonly (readonly Action[])[], state: FlowState): Poll | null {
  const { isPaused, isJobPausing, isHalfPoll } = state;
  const ends = branches.map((branch) => {
    const own: FlowState = { ...state, isPaused, isJobPausing, isHalfPoll };
    return { own, poll: follow(branch, own) };
  });
  state.isPaused = ends.some(({ own }) => own.isPaused);
  state.isJobPausing = ends.some(({ own }) => own.isJobPausing);
  state.isHalfPoll = ends.some(({ own }) => own.isHalfPoll);
  return ends.find(({ poll }) => poll !== null)?.poll ?? null;
}

function isQuery(action: Action): action is Query {
  return action.kind === 'query';
}

function isRun(action: Action): action is Run {
  return action.kind === 'run';
}
