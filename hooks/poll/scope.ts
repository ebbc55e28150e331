// What is known at one point of a script: variables, functions, files that were written, and the live tasks.
import type { Function as FunctionNode, Redirection, SyntaxNode } from 'unbash';
import type { Source } from '../shell/source.ts';
import { namesIn, type Value } from '../shell/words.ts';
import type { Call } from './call.ts';
import type { Chain, Element, Range, Step } from './steps.ts';

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
  /** The known text on standard input. */
  readonly input: Source | null;
  /** Stands for a word from standard input, such as `{}` of xargs. */
  readonly fedMark: string | null;
  /** The innermost loop, as typed. */
  readonly loop: string | null;
  /** The tasks whose state, pid or log is on standard input. */
  readonly inputTasks: readonly string[] | null;
  /** Standard input is a list of processes. */
  readonly isFedByPs: boolean;
  /** The code is the command of a task. */
  readonly isTask: boolean;
  /** The statement that started the code in the background. */
  readonly background: Chain | null;
  /** What lets the code outlive the shell: nohup, setsid, tmux, at. */
  readonly detached: Detached | null;
  /** Code on another host, in a container, or of another user. */
  readonly isElsewhere: boolean;
  /** Code on another host or in a container. */
  readonly isRemote: boolean;
  /** The variables in the name of that host or container. */
  readonly hostNames: readonly string[];
  /** What a look prints is searched for. */
  readonly pattern: { readonly text: string; readonly isNegated: boolean } | null;
  readonly isNegated: boolean;
}

export interface Detached {
  readonly name: string;
  readonly chain: Chain;
  /** The words of the program that detaches. */
  readonly words: readonly Range[];
  /** The code that it gives to another shell, and the range of the chain that the code stands for; null: its own words follow. */
  readonly code: { readonly source: Source; readonly range: Range } | null;
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
  readonly aliases: Map<string, readonly string[]>;
  /** Files that the command writes, with the code in them. */
  readonly scripts: Map<string, Source>;
  /** Files that the command writes with the output of a look. */
  readonly lookFiles: Map<string, readonly string[]>;
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
      aliases: new Map(),
      scripts: new Map(),
      lookFiles: new Map(),
      taskFiles: new Map(),
      submitted: new Map(),
      known,
      text: source.text,
      lastJobTasks: null,
      isLookJob: false,
    },
    isCaptured: false,
    hasInput: false,
    input: null,
    inputTasks: null,
    fedMark: null,
    loop: null,
    isFedByPs: false,
    isTask: false,
    background: null,
    detached: null,
    isElsewhere: false,
    isRemote: false,
    hostNames: [],
    pattern: null,
    isNegated: false,
  };
}

/** Assignments in a subshell end with it. */
export function inSubshell(scope: Scope): Scope {
  return { ...scope, variables: new Map(scope.variables), functions: new Map(scope.functions) };
}

/** The tasks whose log, pid or state a variable of the text holds. */
export function tasksOfVariables(text: string, { variables }: Scope): readonly string[] | null {
  for (const name of namesIn(text)) {
    const tasks = variables.get(name)?.tasks;
    if (tasks !== undefined) return tasks;
  }
  return null;
}

const UNKNOWN: Value = { texts: ['$()'] };

/** Marks the variable as unknown and as different in each iteration. */
export function change(name: string, scope: Scope): void {
  scope.changes.add(name);
  scope.variables.set(name, UNKNOWN);
}
