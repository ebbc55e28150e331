// Decides whether a shell command polls babysit, and which command replaces it.
import { parse } from 'unbash';
import { shellWord } from '../src/text/shell.ts';
import { evaluate } from './poll/evaluate.ts';
import { findPolls, type Poll } from './poll/find.ts';
import { rewrite } from './poll/rewrite.ts';
import { type KnownTask, TooComplex } from './poll/scope.ts';
import { flatten, type Look, type Step } from './poll/steps.ts';
import { isReference } from './poll/wait.ts';

export interface Advice {
  readonly command: string;
  readonly why: string;
}

/** What the daemon knows. */
export interface Tasks {
  /** The live tasks that the caller may mean. */
  readonly live: readonly KnownTask[];
  /** The live tasks of everybody: a command may look at them by pid or file. */
  readonly others: readonly KnownTask[];
  /** Returns whether there is a task of this name or id. */
  readonly exists: (ref: string) => boolean;
}

/** A longer command is mostly data. Parsing takes 10 ms a megabyte. */
export const COMMAND_MAX_CHARS = 1_000_000;
/** A rewritten command may hold another poll. */
const ROUNDS_MAX = 4;

const WHY = 'It returns at the event.';
const WHY_NAME = 'Then wait once for the task you mean: babysit wait with its name.';

/** Returns null when the command may run, also when it cannot be interpreted. `tasks` is null without a daemon. */
export function decide(command: string, tasks: Tasks | null = null): Advice | null {
  if (command.length > COMMAND_MAX_CHARS) return null;
  try {
    return advise(command, tasks);
  } catch (error) {
    if (error instanceof TooComplex) return null;
    throw error;
  }
}

function advise(command: string, tasks: Tasks | null): Advice | null {
  let text = command;
  let needsName = false;
  const refs: string[] = [];
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const { source, steps } = evaluate(text, tasks?.others ?? []);
    const polls = findPolls(steps);
    if (polls.length === 0) return round === 0 ? null : { command: text, why: needsName ? WHY_NAME : WHY };
    if (round === 0) refs.push(...polls.flatMap(looksOf).flatMap(({ refs: own }) => own.filter(isReference)));
    const context = {
      known: tasks?.live ?? null,
      exists: (ref: string) => tasks?.exists(ref) ?? true,
      submitted: submittedNames(steps),
    };
    const rewritten = rewrite(source, polls, context);
    if (rewritten.command === text || (parse(rewritten.command).errors ?? []).length > 0) break;
    text = rewritten.command;
    needsName = rewritten.needsName;
  }
  // The rewritten command still polls or is not valid: the wait alone is.
  const names = [...new Set(refs)].filter((ref) => tasks?.exists(ref) ?? true).map(shellWord);
  return names.length === 0
    ? { command: 'babysit list', why: WHY_NAME }
    : { command: `babysit wait ${names.join(' ')}`, why: WHY };
}

function looksOf(poll: Poll): readonly Look[] {
  switch (poll.kind) {
    case 'sequence':
    case 'loop':
      return poll.looks;
    case 'retry':
      return [];
    default:
      return [poll.look];
  }
}

/** The names that the command submits, with the place of each. */
function submittedNames(steps: readonly Step[]): Map<string, number> {
  const names = new Map<string, number>();
  for (const step of flatten(steps)) {
    if (step.kind === 'job') for (const [name, at] of submittedNames(step.steps)) names.set(name, at);
    else if (step.kind === 'submit' && step.verb === 'run' && step.name !== undefined)
      names.set(step.name, step.element.start);
  }
  return names;
}
