// The steps of a shell command that matter for polling, as a tree in the order of execution.
import type { Source } from '../shell/source.ts';

export type Step =
  | Pause
  | Look
  | Submit
  | Work
  /** `break`, `exit`, `return`, `continue`. */
  | { readonly kind: 'exit'; readonly element: Element }
  /** The shell's `wait`: waits for background jobs. */
  | { readonly kind: 'join'; readonly element: Element }
  | Loop
  /** One of these branches runs, as in `if … else` and `case`. */
  | {
      readonly kind: 'branch';
      readonly branches: readonly (readonly Step[])[];
      /** The condition of an `if`: the first branch runs when it holds. */
      readonly clause: Range | null;
    }
  /** Runs in parallel to the next steps. */
  | Job;

export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Pause {
  readonly kind: 'pause';
  readonly element: Element;
  /** The command itself, which may be a part of the element. */
  readonly own: Range;
  readonly seconds: number | null;
  /** The time of all turns of the loop around it. */
  readonly isTotal?: boolean;
}

/** Reads the state of tasks, with a verb of babysit or from what babysit hands out. */
export interface Look {
  readonly kind: 'look';
  readonly verb: string;
  /** Names or ids of tasks; may be empty. */
  readonly refs: readonly string[];
  /** The same as typed, to be pasted at the same place; null when they have no text of their own. */
  readonly written: readonly string[] | null;
  /** What stands before the verb: environment, runner, path. */
  readonly prefix: string;
  /** Flags that a wait keeps, as typed. */
  readonly flags: readonly string[];
  /** Follows a log file without an end, as `tail -f` does. */
  readonly isFollow: boolean;
  /** Runs as another user, in a container or on another host, or in another state directory. */
  readonly isElsewhere: boolean;
  /** The duration of an enclosing `timeout`, as typed. */
  readonly limit: string | undefined;
  /** What the output is searched for. */
  readonly pattern: Pattern | null;
  /** The variables in the name of the host or container that it runs on. */
  readonly hostNames: readonly string[];
  /** The variables that its words use. */
  readonly mentions: readonly string[];
  /** Stands for a name from standard input, such as `{}`. */
  readonly fedMark: string | null;
  /** For `xargs` and `parallel`: the range of the verb. */
  readonly fedVerb: Range | null;
  readonly element: Element;
  readonly own: Range;
}

export interface Pattern {
  readonly text: string;
  readonly isNegated: boolean;
}

/** `babysit run`, and a command that changes a task at once. */
export interface Submit {
  readonly kind: 'submit';
  readonly verb: string;
  readonly name: string | undefined;
  /** The text after `babysit run`, as typed. */
  readonly written: string;
  /** Where the verb ends in the source. */
  readonly verbEnd: number;
  readonly element: Element;
}

export interface Work {
  readonly kind: 'work';
  /**
   * claims: a pause before it may belong to it. viewer: reads files or the host. quiet: a pause cannot help it.
   * probe: asks for a port.
   */
  readonly need: 'claims' | 'viewer' | 'quiet' | 'probe';
  readonly port?: number;
  /** A function that calls itself. */
  readonly isRecursion?: true;
  readonly element: Element;
  readonly own?: Range;
}

export interface Loop {
  readonly kind: 'loop';
  readonly type: 'while' | 'until' | 'for' | 'watch' | 'call';
  readonly clause: readonly Step[];
  readonly body: readonly Step[];
  /** Variables that change between iterations. */
  readonly changes: ReadonlySet<string>;
  /** The variable of a `for`, its words as typed, and their number when it is known. */
  readonly over: {
    readonly name: string;
    readonly words: string;
    readonly values: readonly string[] | null;
  } | null;
  readonly times: number | null;
  /** The longest time of the loop by its own counter or clock. */
  readonly seconds: number | null;
  /** The range of the body in the source. */
  readonly inside: Range;
  readonly own: Range;
  readonly element: Element;
}

export interface Job {
  readonly kind: 'job';
  readonly steps: readonly Step[];
  /** Started by `&`. Otherwise a task of babysit. */
  readonly isShellJob: boolean;
  readonly element: Element;
}

/** A pipeline or command of an and-or list: the unit that a rewrite replaces or removes. */
export interface Element {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  readonly chain: Chain;
  readonly index: number;
  /** Another program or a variable receives its output. */
  readonly isCaptured: boolean;
  /** The element is this one command: no pipe, no group. */
  readonly isBare: boolean;
}

export interface Chain {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  readonly isBackground: boolean;
  /** The ranges of the elements, and the operators between them. */
  readonly elements: readonly Range[];
  readonly operators: readonly string[];
  readonly list: List;
  readonly index: number;
}

/** Statements in order: a script, a group, the body of a loop. */
export interface List {
  readonly source: Source;
  readonly statements: readonly Range[];
  /** The group or subshell that consists of this list. */
  readonly owner: Element | null;
  /** An empty list is not allowed here. */
  readonly isInner: boolean;
}

/** Returns the leaves of the tree in order. Jobs are leaves. */
export function flatten(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => {
    switch (step.kind) {
      case 'loop':
        return flatten([...step.clause, ...step.body]);
      case 'branch':
        return flatten(step.branches.flat());
      default:
        return [step];
    }
  });
}

export function isLook(step: Step): step is Look {
  return step.kind === 'look';
}

/** The tasks that the steps look at, by name or id; null without a look. */
export function tasksIn(steps: readonly Step[]): readonly string[] | null {
  const looks = flatten(steps).filter(isLook);
  return looks.length === 0 ? null : looks.flatMap(({ refs }) => refs);
}

export function isPause(step: Step): step is Pause {
  return step.kind === 'pause';
}

export function isSubmit(step: Step): step is Submit {
  return step.kind === 'submit';
}
