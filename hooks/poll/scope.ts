// What is known at one point of a script: variables, functions, files that were written, and the live tasks.
import type { Function as FunctionNode, Redirection, SyntaxNode } from 'unbash';
import type { Source } from '../shell/source.ts';
import type { Value } from '../shell/words.ts';
import type { Call } from './call.ts';
import type { Chain, Element, Step } from './steps.ts';

/** A live task, as the daemon reports it. */
export interface KnownTask {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly command: string;
  readonly cwd: string;
  readonly project: string;
  readonly owner: string | null;
  readonly pid: number | null;
  readonly log_path: string | null;
}

export interface Scope {
  readonly source: Source;
  readonly variables: Map<string, Value>;
  readonly functions: Map<string, { readonly node: FunctionNode; readonly source: Source }>;
  /** The call stack, innermost last. */
  readonly calling: readonly FunctionNode[];
  /** Functions that call themselves. */
  readonly recursive: Set<FunctionNode>;
  /** Collects the variables that change in the enclosing loop. */
  readonly changes: Set<string>;
  readonly limit: string | undefined;
  readonly depth: number;
  readonly shared: Shared;
  /** Another program or a variable receives the output. */
  readonly isCaptured: boolean;
  /** Standard input is a pipe or a file. */
  readonly hasInput: boolean;
  /** Standard input is a list of processes. */
  readonly isFedByPs: boolean;
  /** The code is the command of a task. */
  readonly isTask: boolean;
  /** The statement that started the code in the background. */
  readonly background: Chain | null;
  /** Code on another host, in a container, or of another user. */
  readonly isElsewhere: boolean;
  /** What a look prints is searched for. */
  readonly pattern: { readonly text: string; readonly isNegated: boolean } | null;
  readonly isNegated: boolean;
}

/** The evaluator, for the code that a command runs. */
export interface Walk {
  readonly codeSteps: (code: Source, scope: Scope) => Step[];
  readonly nodeSteps: (node: SyntaxNode, element: Element, scope: Scope) => Step[];
  readonly expansionSteps: (node: SyntaxNode, element: Element, scope: Scope) => Step[];
  readonly redirectSteps: (redirect: Redirection, element: Element, scope: Scope) => Step[];
}

/** The same for the whole command. */
export interface Shared {
  /** Every call of a program other than babysit. */
  readonly calls: Call[];
  /** Every call of babysit. */
  readonly ownCalls: Call[];
  readonly walk: Walk;
  budget: number;
  /** Code of `trap … EXIT`. */
  readonly atExit: Source[];
  /** Files that the command writes, with the code in them. */
  readonly scripts: Map<string, Source>;
  /** Files that a task writes: its log, a marker. The value is the name of the task. */
  readonly taskFiles: Map<string, string>;
  /** The tasks that the command submits: what each runs, and what stands before the verb. */
  readonly submitted: Map<string, { readonly command: string; readonly prefix: string }>;
  readonly known: readonly KnownTask[];
  /** The whole command. */
  readonly text: string;
  /** The tasks that the last background job waits for: its `$!` is a look. */
  lastJobTasks: readonly string[] | null;
  /** The last background job only looks, such as `babysit log -f`. */
  isLookJob: boolean;
}

export class TooComplex extends Error {}

/** A larger or deeper command is not checked. Real commands stay far below. */
const NODES_MAX = 20_000;
export const DEPTH_MAX = 20;

export function spend(scope: Scope): void {
  if (++scope.shared.budget > NODES_MAX) throw new TooComplex();
}

export function newScope(source: Source, known: readonly KnownTask[], walk: Walk): Scope {
  return {
    source,
    variables: new Map(),
    functions: new Map(),
    calling: [],
    recursive: new Set(),
    changes: new Set(),
    limit: undefined,
    depth: 0,
    shared: {
      calls: [],
      ownCalls: [],
      walk,
      budget: 0,
      atExit: [],
      scripts: new Map(),
      taskFiles: new Map(),
      submitted: new Map(),
      known,
      text: source.text,
      lastJobTasks: null,
      isLookJob: false,
    },
    isCaptured: false,
    hasInput: false,
    isFedByPs: false,
    isTask: false,
    background: null,
    isElsewhere: false,
    pattern: null,
    isNegated: false,
  };
}

/** Assignments in a subshell end with it. */
export function inSubshell(scope: Scope): Scope {
  return { ...scope, variables: new Map(scope.variables), functions: new Map(scope.functions) };
}

const UNKNOWN: Value = { texts: ['$()'] };

/** Marks the variable as unknown and as different in each iteration. */
export function change(name: string, scope: Scope): void {
  scope.changes.add(name);
  scope.variables.set(name, UNKNOWN);
}
