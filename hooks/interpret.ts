// Interprets a shell command abstractly, without running it, and returns its actions in order.
import {
  type Assignment,
  type Command,
  type CommandNode,
  type CompoundList,
  type Function as FunctionNode,
  forEachChild,
  type HereDoc,
  type If,
  type ParsedScript,
  type Pipeline,
  parse,
  type Redirection,
  type Script,
  type Statement,
  type SyntaxNode,
  type Word,
} from 'unbash';
import type { Action } from './actions.ts';
import { readCall } from './calls.ts';
import { type Unwrapped, unwrap } from './shell/unwrap.ts';
import { fieldsOf, hasSubstitution, textsOf } from './shell/words.ts';
import { fileQuery, isStatePath } from './state-files.ts';

/** A larger or deeper command is not checked. Real commands stay far below. */
const NODES_MAX = 20_000;
const DEPTH_MAX = 20;
const UNKNOWN = ['$()'];

export class TooComplex extends Error {}

/** The known state at one point of a script. */
interface Scope {
  readonly variables: Map<string, readonly string[]>;
  readonly functions: Map<string, FunctionNode>;
  /** The call stack, innermost last. */
  readonly calling: readonly FunctionNode[];
  /** Functions that call themselves. */
  readonly recursive: Set<FunctionNode>;
  /** Collects the variables that change in the enclosing loop. */
  readonly changes: Set<string>;
  readonly limit: string | undefined;
  readonly depth: number;
  readonly budget: { nodes: number };
  /** Code of `trap … EXIT`. */
  readonly atExit: string[];
}

/** Throws TooComplex for code over NODES_MAX or DEPTH_MAX. */
export function interpret(code: string): Action[] {
  const scope: Scope = {
    variables: new Map(),
    functions: new Map(),
    calling: [],
    recursive: new Set(),
    changes: new Set(),
    limit: undefined,
    depth: 0,
    budget: { nodes: 0 },
    atExit: [],
  };
  const actions = interpretScript(parse(code), scope);
  return [...actions, ...scope.atExit.flatMap((late) => interpretScript(parse(late), scope))];
}

/** A shell does not run code that it cannot parse. */
function interpretScript(script: ParsedScript | Script, scope: Scope): Action[] {
  if ('errors' in script && script.errors !== undefined && script.errors.length > 0) return [];
  return interpretStatements(script.commands, scope);
}

function interpretText(code: string, scope: Scope): Action[] {
  if (scope.depth >= DEPTH_MAX) throw new TooComplex();
  return interpretScript(parse(code), { ...scope, depth: scope.depth + 1 });
}

function interpretStatements(statements: readonly Statement[], scope: Scope): Action[] {
  return statements.flatMap((statement): Action[] => {
    if (statement.background !== true) return interpretNode(statement.command, scope);
    return [{ kind: 'parallel', isJob: true, actions: interpretNode(statement.command, inSubshell(scope)) }];
  });
}

/** Assignments in a subshell end with it. */
function inSubshell(scope: Scope): Scope {
  return { ...scope, variables: new Map(scope.variables), functions: new Map(scope.functions) };
}

function interpretNode(node: SyntaxNode, scope: Scope): Action[] {
  if (++scope.budget.nodes > NODES_MAX) throw new TooComplex();
  switch (node.type) {
    case 'Script':
      return interpretScript(node, scope);
    case 'Statement':
      return interpretStatements([node], scope);
    case 'CompoundList':
      return interpretStatements(node.commands, scope);
    case 'Command':
      return interpretCommand(node, scope);
    case 'Pipeline':
      return interpretPipeline(node, scope);
    case 'Subshell':
      return interpretNode(node.body, inSubshell(scope));
    case 'While':
      return loop('while', node.clause, node.body, scope);
    case 'For': {
      const words = node.wordlist ?? [];
      const before = words.flatMap((word) => children(word, scope));
      scope.variables.set(node.name.value, fieldsOf(words, scope.variables));
      return [...before, ...loop('for', null, node.body, scope, node.name.value)];
    }
    case 'If':
      return interpretIf([node, ...node.elif], node.else, scope);
    case 'Case':
      return [
        ...children(node.word, scope),
        { kind: 'branch', branches: node.items.map(({ body }) => interpretNode(body, scope)) },
      ];
    case 'ArithmeticFor':
    case 'Select':
      return loop('for', null, node.body, scope);
    case 'Function':
      scope.functions.set(node.name.value, node);
      return [];
    case 'Coproc':
      return [{ kind: 'parallel', isJob: true, actions: interpretNode(node.body, inSubshell(scope)) }];
    case 'Redirected':
      return [
        ...node.redirects.flatMap((redirect) => interpretRedirect(redirect, scope)),
        ...interpretNode(node.command, scope),
      ];
    case 'TestCommand':
      return [...children(node, scope), ...testedFiles(node, scope)];
    case 'ArithmeticCommand': {
      for (const name of node.body.match(/[A-Za-z_]\w*/g) ?? []) change(name, scope);
      return children(node, scope);
    }
    default:
      return children(node, scope);
  }
}

function interpretIf(
  [first, ...rest]: readonly Pick<If, 'clause' | 'then'>[],
  otherwise: CompoundList | undefined,
  scope: Scope,
): Action[] {
  if (first === undefined) return otherwise === undefined ? [] : interpretNode(otherwise, scope);
  const condition = interpretNode(first.clause, scope);
  const branches = [interpretNode(first.then, scope), interpretIf(rest, otherwise, scope)];
  return [...condition, { kind: 'branch', branches }];
}

/** The actions of expansions in a word, a redirection or a condition: `$(…)`, `<(…)`. */
function children(node: SyntaxNode, scope: Scope): Action[] {
  const actions: Action[] = [];
  forEachChild(node, (child) => {
    const isSubshell = node.type === 'CommandExpansion' || node.type === 'ProcessSubstitution';
    actions.push(...interpretNode(child, isSubshell ? inSubshell(scope) : scope));
  });
  return actions;
}

function loop(
  type: 'while' | 'for',
  clause: CompoundList | null,
  body: CompoundList,
  scope: Scope,
  name?: string,
): Action[] {
  const changes = new Set<string>(name === undefined ? [] : [name]);
  const inside: Scope = { ...scope, changes };
  const action = {
    kind: 'loop',
    type,
    clause: clause === null ? [] : interpretNode(clause, inside),
    body: interpretNode(body, inside),
    changes,
  } as const;
  for (const changed of changes) scope.changes.add(changed);
  return [action];
}

/** Marks the variable as unknown and as different in each iteration. */
function change(name: string, scope: Scope): void {
  scope.changes.add(name);
  scope.variables.set(name, UNKNOWN);
}

function interpretPipeline(node: Pipeline, scope: Scope): Action[] {
  return node.commands.flatMap((command, i) => {
    const before = node.commands[i - 1];
    const fed = before === undefined ? null : printedBy(before, scope);
    const own = interpretNode(command, inSubshell(scope));
    if (fed !== null && readsCode(command, scope)) return [...own, ...interpretText(fed, inSubshell(scope))];
    // A filter of the output does not count as an action.
    return i === 0 ? own : own.filter(({ kind }) => kind !== 'other');
  });
}

/** The known text that `echo`, `printf` or `cat <<EOF` prints, else null. */
function printedBy(node: CommandNode, scope: Scope): string | null {
  if (node.type !== 'Command' || node.name === undefined) return null;
  const [name, ...args] = fieldsOf([node.name, ...wordsOf(node)], scope.variables);
  if (name === 'cat') return bodyOf(node.redirects);
  return name === 'echo' || name === 'printf'
    ? args.filter((arg) => !/^-[neE]+$/.test(arg)).join('\n')
    : null;
}

function readsCode(node: CommandNode, scope: Scope): boolean {
  if (node.type !== 'Command' || node.name === undefined) return false;
  const call = unwrap(fieldsOf([node.name, ...wordsOf(node)], scope.variables));
  return call?.kind === 'shell' && call.code === null;
}

function bodyOf(redirects: readonly Redirection[]): string | null {
  const here = redirects.findLast((redirect): redirect is HereDoc => redirect.type === 'HereDoc');
  return here?.body.text ?? null;
}

function interpretRedirect(redirect: Redirection, scope: Scope): Action[] {
  const inside = children(redirect, scope);
  if (redirect.type !== 'Redirect' || redirect.operator !== '<' || redirect.target === undefined)
    return inside;
  const path = textsOf(redirect.target, scope.variables)[0] ?? '';
  return isStatePath(path, scope.variables) ? [...inside, fileQuery([path], false, scope.limit)] : inside;
}

function testedFiles(node: SyntaxNode, scope: Scope): Action[] {
  const paths: string[] = [];
  const collect = (child: SyntaxNode): void => {
    if (child.type === 'Word') paths.push(...textsOf(child, scope.variables));
    else forEachChild(child, collect);
  };
  forEachChild(node, collect);
  const files = paths.filter((path) => isStatePath(path, scope.variables));
  return files.length === 0 ? [] : [fileQuery(files, false, scope.limit)];
}

function wordsOf(command: Command): Word[] {
  return command.args.filter((arg) => arg.type === 'Word');
}

function assign(assignment: Assignment, scope: Scope): void {
  const { name, value, append, index } = assignment;
  change(name, scope);
  if (value.type !== 'Word' || append === true || index !== undefined) return;
  // The output of a substitution is unknown: the variable stays in the text as written.
  if (hasSubstitution(value)) scope.variables.delete(name);
  else scope.variables.set(name, textsOf(value, scope.variables));
}

function interpretCommand(node: Command, scope: Scope): Action[] {
  const before = [
    ...[...node.prefix, ...node.suffix].flatMap((part) =>
      part.type === 'Redirect' || part.type === 'HereDoc' || part.type === 'HereString'
        ? interpretRedirect(part, scope)
        : children(part, scope),
    ),
    ...(node.name === undefined ? [] : children(node.name, scope)),
  ];
  const assignments = [...node.prefix, ...node.args].filter((part) => part.type === 'Assignment');
  // An assignment before a command applies only to it. Alone or after `export` it stays.
  if (node.name === undefined || node.args.some(({ type }) => type === 'Assignment'))
    for (const assignment of assignments) assign(assignment, scope);
  if (node.name === undefined) return before;
  const fields = fieldsOf([node.name, ...wordsOf(node)], scope.variables);
  const call = unwrap(fields);
  return call === null ? before : [...before, ...interpretCall(call, node, scope)];
}

function interpretCall(call: Unwrapped, node: Command, scope: Scope): Action[] {
  const limit = scope.limit ?? call.limit;
  const inside: Scope = { ...inSubshell(scope), limit };
  switch (call.kind) {
    case 'shell': {
      const code = call.code ?? stdinOf(node, scope);
      return code === null ? [{ kind: 'other' }] : interpretText(code, inside);
    }
    case 'watch':
      return [
        {
          kind: 'loop',
          type: 'watch',
          clause: [],
          body: interpretText(call.code, inside),
          changes: new Set(),
        },
      ];
    case 'program':
      return interpretProgram(call.name, call.args, node, { ...scope, limit });
  }
}

/** The heredoc or `<<<` that is the code of a shell. */
function stdinOf(node: Command, scope: Scope): string | null {
  const string = node.redirects.findLast((redirect) => redirect.type === 'HereString');
  if (string?.type === 'HereString' && string.target !== undefined)
    return textsOf(string.target, scope.variables)[0] ?? null;
  return bodyOf(node.redirects);
}

function interpretProgram(name: string, args: readonly string[], node: Command, scope: Scope): Action[] {
  const body = scope.functions.get(name);
  if (body !== undefined) return interpretFunction(body, args, scope);
  switch (name) {
    case 'trap':
      if (args.some((arg) => /^(EXIT|0)$/.test(arg))) scope.atExit.push(args[0] ?? '');
      return [];
    case 'read':
    case 'mapfile':
    case 'readarray':
    case 'getopts':
    case 'let':
      for (const arg of args) change(arg.replace(/\W.*$/s, ''), scope);
      change('REPLY', scope);
      break;
    case 'unset':
      for (const arg of args) change(arg, scope);
      return [];
    case 'shift':
      for (const positional of ['1', '2', '3', '@', '*']) change(positional, scope);
      return [];
  }
  const { actions, task } = readCall(name, args, {
    written: node.args.map(({ text }) => text),
    variables: scope.variables,
    limit: scope.limit,
  });
  if (task === null) return actions;
  return [...actions, { kind: 'parallel', isJob: false, actions: interpretText(task, inSubshell(scope)) }];
}

/** Interprets the body of a called function. A recursive function is a loop. */
function interpretFunction(node: FunctionNode, args: readonly string[], scope: Scope): Action[] {
  if (scope.calling.includes(node)) {
    scope.recursive.add(node);
    return [];
  }
  const variables = new Map(scope.variables);
  args.forEach((arg, i) => {
    variables.set(String(i + 1), [arg]);
  });
  variables.set('@', args);
  const changes = new Set<string>();
  const body = interpretNode(node.body, { ...scope, variables, changes, calling: [...scope.calling, node] });
  return scope.recursive.has(node) ? [{ kind: 'loop', type: 'while', clause: [], body, changes }] : body;
}
