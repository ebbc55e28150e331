// The actions of a shell command that matter for polling, as a tree in the order of execution.

export type Action =
  /** `sleep`, `tail -f /dev/null` and the like. */
  | { readonly kind: 'pause' }
  | Query
  | Run
  /** Any other command with an effect. */
  | { readonly kind: 'other' }
  /** `break`, `exit`, `return`. */
  | { readonly kind: 'exit' }
  /** Waits for background jobs. */
  | { readonly kind: 'join' }
  | Loop
  /** One of these branches runs, as in `if … else` and `case`. */
  | { readonly kind: 'branch'; readonly branches: readonly (readonly Action[])[] }
  /** Runs in parallel to the next actions. The shell's `wait` waits for it if `isJob`. */
  | { readonly kind: 'parallel'; readonly isJob: boolean; readonly actions: readonly Action[] };

/** Reads the state of tasks, with a verb of babysit or from the files of its state directory. */
export interface Query {
  readonly kind: 'query';
  readonly verb: string;
  /** Names or ids of tasks; may be empty. */
  readonly refs: readonly string[];
  /** Its flags except --name. */
  readonly flags: readonly string[];
  /** Follows a log file without an end, as `tail -f` does. */
  readonly isFollow: boolean;
  /** The duration of an enclosing `timeout`, as typed. */
  readonly limit: string | undefined;
  /** The variables that its words use. */
  readonly mentions: readonly string[];
}

/** `babysit run`. */
export interface Run {
  readonly kind: 'run';
  readonly name: string | undefined;
  /** The text after `babysit run`, as typed. */
  readonly written: string;
}

export interface Loop {
  readonly kind: 'loop';
  readonly type: 'while' | 'for' | 'watch';
  /** The condition of a `while` or `until`. */
  readonly clause: readonly Action[];
  readonly body: readonly Action[];
  /** Variables that change between iterations. */
  readonly changes: ReadonlySet<string>;
}

/** Returns the leaves of the tree in order. */
export function flatten(actions: readonly Action[]): Action[] {
  return actions.flatMap((action) => {
    switch (action.kind) {
      case 'loop':
        return flatten([...action.clause, ...action.body]);
      case 'branch':
        return flatten(action.branches.flat());
      case 'parallel':
        return flatten(action.actions);
      default:
        return [action];
    }
  });
}
