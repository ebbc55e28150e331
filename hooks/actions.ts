// What a shell command does, as far as it matters for polling: a tree of deeds in the order in which they happen.

export type Deed =
  /** Time passes: `sleep`, `tail -f /dev/null`. */
  | { readonly kind: 'pause' }
  | Look
  | Run
  /** Any other command that does something. */
  | { readonly kind: 'other' }
  /** `break`, `exit`, `return`. */
  | { readonly kind: 'leave' }
  /** Waits for the jobs in the background. */
  | { readonly kind: 'join' }
  | Loop
  /** One of these, as in `if … else` and `case`. */
  | { readonly kind: 'either'; readonly branches: readonly (readonly Deed[])[] }
  /** Runs beside what follows; `isJob`: a later `wait` of the shell may wait for it. */
  | { readonly kind: 'apart'; readonly isJob: boolean; readonly deeds: readonly Deed[] };

/** A look at how tasks are doing: with a verb of babysit, or at the files of its state directory. */
export interface Look {
  readonly kind: 'look';
  readonly verb: string;
  /** Tasks by name or id; empty where none is named. */
  readonly refs: readonly string[];
  /** Its flags, without those that name the task. */
  readonly flags: readonly string[];
  /** It follows a log file for ever, as `tail -f` does. */
  readonly isFollow: boolean;
  /** The duration of a `timeout` around it, as typed. */
  readonly limit: string | undefined;
  /** The variables in its words. */
  readonly mentions: readonly string[];
}

/** A submission, `babysit run`. */
export interface Run {
  readonly kind: 'run';
  readonly name: string | undefined;
  /** What follows `babysit run`, as it is written. */
  readonly written: string;
}

export interface Loop {
  readonly kind: 'loop';
  readonly type: 'while' | 'for' | 'watch';
  /** The condition of a `while` or `until`. */
  readonly clause: readonly Deed[];
  readonly body: readonly Deed[];
  /** Variables that differ from turn to turn. */
  readonly changes: ReadonlySet<string>;
}

/** Every deed of the tree, in order. */
export function flatten(deeds: readonly Deed[]): Deed[] {
  return deeds.flatMap((deed) => {
    switch (deed.kind) {
      case 'loop':
        return flatten([...deed.clause, ...deed.body]);
      case 'either':
        return flatten(deed.branches.flat());
      case 'apart':
        return flatten(deed.deeds);
      default:
        return [deed];
    }
  });
}
