// Follows a shell command as a shell would, without running it, and notes its deeds in order.
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
import type { Deed } from './actions.ts';
import { readCall } from './calls.ts';
import { type Unwrapped, unwrap } from './shell/unwrap.ts';
import { fieldsOf, hasSubstitution, textsOf } from './shell/words.ts';
import { isStatePath, lookAtFile } from './state-files.ts';

/** No command of a person or an agent comes near; what does is let pass. */
const NODES_MAX = 20_000;
const DEPTH_MAX = 20;
const UNKNOWN = ['$()'];

export class TooMuch extends Error {}

/** What is known at one place of a script. */
interface Place {
  readonly variables: Map<string, readonly string[]>;
  readonly functions: Map<string, FunctionNode>;
  /** The functions being called, innermost last. */
  readonly calling: readonly FunctionNode[];
  /** Functions that call themselves. */
  readonly recursive: Set<FunctionNode>;
  /** Collects the variables that change in the loop around. */
  readonly changes: Set<string>;
  readonly limit: string | undefined;
  readonly depth: number;
  readonly budget: { nodes: number };
  /** Code of `trap … EXIT`. */
  readonly atExit: string[];
}

/** Throws TooMuch where the code is larger or deeper than anyone writes. */
export function traceCode(code: string): Deed[] {
  const place: Place = {
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
  const deeds = traceScript(parse(code), place);
  return [...deeds, ...place.atExit.flatMap((late) => traceScript(parse(late), place))];
}

/** A shell runs nothing of what it cannot parse. */
function traceScript(script: ParsedScript | Script, place: Place): Deed[] {
  if ('errors' in script && script.errors !== undefined && script.errors.length > 0) return [];
  return traceStatements(script.commands, place);
}

function traceText(code: string, place: Place): Deed[] {
  if (place.depth >= DEPTH_MAX) throw new TooMuch();
  return traceScript(parse(code), { ...place, depth: place.depth + 1 });
}

function traceStatements(statements: readonly Statement[], place: Place): Deed[] {
  return statements.flatMap((statement): Deed[] => {
    if (statement.background !== true) return trace(statement.command, place);
    return [{ kind: 'apart', isJob: true, deeds: trace(statement.command, inSubshell(place)) }];
  });
}

/** What a subshell assigns is gone after it. */
function inSubshell(place: Place): Place {
  return { ...place, variables: new Map(place.variables), functions: new Map(place.functions) };
}

function trace(node: SyntaxNode, place: Place): Deed[] {
  if (++place.budget.nodes > NODES_MAX) throw new TooMuch();
  switch (node.type) {
    case 'Script':
      return traceScript(node, place);
    case 'Statement':
      return traceStatements([node], place);
    case 'CompoundList':
      return traceStatements(node.commands, place);
    case 'Command':
      return traceCommand(node, place);
    case 'Pipeline':
      return tracePipeline(node, place);
    case 'Subshell':
      return trace(node.body, inSubshell(place));
    case 'While':
      return loop('while', node.clause, node.body, place);
    case 'For': {
      const words = node.wordlist ?? [];
      const before = words.flatMap((word) => children(word, place));
      place.variables.set(node.name.value, fieldsOf(words, place.variables));
      return [...before, ...loop('for', null, node.body, place, node.name.value)];
    }
    case 'If':
      return traceIf([node, ...node.elif], node.else, place);
    case 'Case':
      return [
        ...children(node.word, place),
        { kind: 'either', branches: node.items.map(({ body }) => trace(body, place)) },
      ];
    case 'ArithmeticFor':
    case 'Select':
      return loop('for', null, node.body, place);
    case 'Function':
      place.functions.set(node.name.value, node);
      return [];
    case 'Coproc':
      return [{ kind: 'apart', isJob: true, deeds: trace(node.body, inSubshell(place)) }];
    case 'Redirected':
      return [
        ...node.redirects.flatMap((redirect) => traceRedirect(redirect, place)),
        ...trace(node.command, place),
      ];
    case 'TestCommand':
      return [...children(node, place), ...testedFiles(node, place)];
    case 'ArithmeticCommand': {
      for (const name of node.body.match(/[A-Za-z_]\w*/g) ?? []) change(name, place);
      return children(node, place);
    }
    default:
      return children(node, place);
  }
}

function traceIf(
  [first, ...rest]: readonly Pick<If, 'clause' | 'then'>[],
  otherwise: CompoundList | undefined,
  place: Place,
): Deed[] {
  if (first === undefined) return otherwise === undefined ? [] : trace(otherwise, place);
  const condition = trace(first.clause, place);
  const branches = [trace(first.then, place), traceIf(rest, otherwise, place)];
  return [...condition, { kind: 'either', branches }];
}

/** The parts that run while a word, a redirection or a condition is read: `$(…)`, `<(…)`. */
function children(node: SyntaxNode, place: Place): Deed[] {
  const deeds: Deed[] = [];
  forEachChild(node, (child) => {
    const isSubshell = node.type === 'CommandExpansion' || node.type === 'ProcessSubstitution';
    deeds.push(...trace(child, isSubshell ? inSubshell(place) : place));
  });
  return deeds;
}

function loop(
  type: 'while' | 'for',
  clause: CompoundList | null,
  body: CompoundList,
  place: Place,
  name?: string,
): Deed[] {
  const changes = new Set<string>(name === undefined ? [] : [name]);
  const inside: Place = { ...place, changes };
  const deed = {
    kind: 'loop',
    type,
    clause: clause === null ? [] : trace(clause, inside),
    body: trace(body, inside),
    changes,
  } as const;
  for (const changed of changes) place.changes.add(changed);
  return [deed];
}

/** The variable holds something that is not known, and something else in the next turn of the loop. */
function change(name: string, place: Place): void {
  place.changes.add(name);
  place.variables.set(name, UNKNOWN);
}

function tracePipeline(node: Pipeline, place: Place): Deed[] {
  return node.commands.flatMap((command, i) => {
    const before = node.commands[i - 1];
    const fed = before === undefined ? null : printedBy(before, place);
    const own = trace(command, inSubshell(place));
    if (fed !== null && readsCode(command, place)) return [...own, ...traceText(fed, inSubshell(place))];
    // A filter of the output is no purpose of its own.
    return i === 0 ? own : own.filter(({ kind }) => kind !== 'other');
  });
}

/** The text that `echo`, `printf` or `cat <<EOF` prints, where it is known. */
function printedBy(node: CommandNode, place: Place): string | null {
  if (node.type !== 'Command' || node.name === undefined) return null;
  const [name, ...args] = fieldsOf([node.name, ...wordsOf(node)], place.variables);
  if (name === 'cat') return bodyOf(node.redirects);
  return name === 'echo' || name === 'printf'
    ? args.filter((arg) => !/^-[neE]+$/.test(arg)).join('\n')
    : null;
}

function readsCode(node: CommandNode, place: Place): boolean {
  if (node.type !== 'Command' || node.name === undefined) return false;
  const call = unwrap(fieldsOf([node.name, ...wordsOf(node)], place.variables));
  return call?.kind === 'shell' && call.code === null;
}

function bodyOf(redirects: readonly Redirection[]): string | null {
  const here = redirects.findLast((redirect): redirect is HereDoc => redirect.type === 'HereDoc');
  return here?.body.text ?? null;
}

function traceRedirect(redirect: Redirection, place: Place): Deed[] {
  const inside = children(redirect, place);
  if (redirect.type !== 'Redirect' || redirect.operator !== '<' || redirect.target === undefined)
    return inside;
  const path = textsOf(redirect.target, place.variables)[0] ?? '';
  return isStatePath(path, place.variables) ? [...inside, lookAtFile([path], false, place.limit)] : inside;
}

function testedFiles(node: SyntaxNode, place: Place): Deed[] {
  const paths: string[] = [];
  const collect = (child: SyntaxNode): void => {
    if (child.type === 'Word') paths.push(...textsOf(child, place.variables));
    else forEachChild(child, collect);
  };
  forEachChild(node, collect);
  const files = paths.filter((path) => isStatePath(path, place.variables));
  return files.length === 0 ? [] : [lookAtFile(files, false, place.limit)];
}

function wordsOf(command: Command): Word[] {
  return command.args.filter((arg) => arg.type === 'Word');
}

function assign(assignment: Assignment, place: Place): void {
  const { name, value, append, index } = assignment;
  change(name, place);
  if (value.type !== 'Word' || append === true || index !== undefined) return;
  // What a substitution prints is known to the shell alone, under the name of the variable.
  if (hasSubstitution(value)) place.variables.delete(name);
  else place.variables.set(name, textsOf(value, place.variables));
}

function traceCommand(node: Command, place: Place): Deed[] {
  const before = [
    ...[...node.prefix, ...node.suffix].flatMap((part) =>
      part.type === 'Redirect' || part.type === 'HereDoc' || part.type === 'HereString'
        ? traceRedirect(part, place)
        : children(part, place),
    ),
    ...(node.name === undefined ? [] : children(node.name, place)),
  ];
  const assignments = [...node.prefix, ...node.args].filter((part) => part.type === 'Assignment');
  // Before a command they are for it alone; by themselves, or after `export`, they stay.
  if (node.name === undefined || node.args.some(({ type }) => type === 'Assignment'))
    for (const assignment of assignments) assign(assignment, place);
  if (node.name === undefined) return before;
  const fields = fieldsOf([node.name, ...wordsOf(node)], place.variables);
  const call = unwrap(fields);
  return call === null ? before : [...before, ...traceCall(call, node, place)];
}

function traceCall(call: Unwrapped, node: Command, place: Place): Deed[] {
  const limit = place.limit ?? call.limit;
  const inside: Place = { ...inSubshell(place), limit };
  switch (call.kind) {
    case 'shell': {
      const code = call.code ?? stdinOf(node, place);
      return code === null ? [{ kind: 'other' }] : traceText(code, inside);
    }
    case 'watch':
      return [
        { kind: 'loop', type: 'watch', clause: [], body: traceText(call.code, inside), changes: new Set() },
      ];
    case 'program':
      return traceProgram(call.name, call.args, node, { ...place, limit });
  }
}

/** A heredoc or `<<<` that a shell takes its code from. */
function stdinOf(node: Command, place: Place): string | null {
  const string = node.redirects.findLast((redirect) => redirect.type === 'HereString');
  if (string?.type === 'HereString' && string.target !== undefined)
    return textsOf(string.target, place.variables)[0] ?? null;
  return bodyOf(node.redirects);
}

function traceProgram(name: string, args: readonly string[], node: Command, place: Place): Deed[] {
  const body = place.functions.get(name);
  if (body !== undefined) return traceFunction(body, args, place);
  switch (name) {
    case 'trap':
      if (args.some((arg) => /^(EXIT|0)$/.test(arg))) place.atExit.push(args[0] ?? '');
      return [];
    case 'read':
    case 'mapfile':
    case 'readarray':
    case 'getopts':
    case 'let':
      for (const arg of args) change(arg.replace(/\W.*$/s, ''), place);
      change('REPLY', place);
      break;
    case 'unset':
      for (const arg of args) change(arg, place);
      return [];
    case 'shift':
      for (const positional of ['1', '2', '3', '@', '*']) change(positional, place);
      return [];
  }
  const { deeds, task } = readCall(name, args, {
    written: node.args.map(({ text }) => text),
    variables: place.variables,
    limit: place.limit,
  });
  if (task === null) return deeds;
  return [...deeds, { kind: 'apart', isJob: false, deeds: traceText(task, inSubshell(place)) }];
}

/** The body of a function where it is called; a function that calls itself is a loop. */
function traceFunction(node: FunctionNode, args: readonly string[], place: Place): Deed[] {
  if (place.calling.includes(node)) {
    place.recursive.add(node);
    return [];
  }
  const variables = new Map(place.variables);
  args.forEach((arg, i) => {
    variables.set(String(i + 1), [arg]);
  });
  variables.set('@', args);
  const changes = new Set<string>();
  const body = trace(node.body, { ...place, variables, changes, calling: [...place.calling, node] });
  return place.recursive.has(node) ? [{ kind: 'loop', type: 'while', clause: [], body, changes }] : body;
}
