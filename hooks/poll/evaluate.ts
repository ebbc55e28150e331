// Follows a shell command as a shell would, without running it, and returns its steps in order.
import {
  type CommandNode,
  type CompoundList,
  type Function as FunctionNode,
  forEachChild,
  type If,
  type ParsedScript,
  type Pipeline,
  type PipelineNode,
  parse,
  type Redirection,
  type Script,
  type Statement,
  type SyntaxNode,
} from 'unbash';
import { Source } from '../shell/source.ts';
import { textsOf } from '../shell/words.ts';
import { type Call, inputOf } from './call.ts';
import { commandSteps } from './command.ts';
import { collectorOf, findPattern, patternOfTest } from './filters.ts';
import { pathLook, testedLook } from './looks.ts';
import { forStep, loopStep } from './loop.ts';
import { printedBy } from './printed.ts';
import {
  change,
  DEPTH_MAX,
  inSubshell,
  type KnownTask,
  newScope,
  type Scope,
  spend,
  TooComplex,
} from './scope.ts';
import { type Chain, type Element, isPause, type List, type Step, tasksIn } from './steps.ts';

export interface Evaluated {
  readonly source: Source;
  readonly steps: Step[];
  /** Every call of a program, and every call of babysit. */
  readonly calls: readonly Call[];
  readonly ownCalls: readonly Call[];
}

/** Throws TooComplex for code that is too large or too deep. */
export function evaluate(text: string, known: readonly KnownTask[]): Evaluated {
  const source = new Source(text);
  const scope = newScope(source, known, { codeSteps, nodeSteps, expansionSteps, redirectSteps });
  const steps = scriptSteps(parse(text), scope);
  const late = scope.shared.atExit.flatMap((code) => codeSteps(code, scope));
  const { calls, ownCalls } = scope.shared;
  return { source, steps: [...steps, ...late], calls, ownCalls };
}

/** The steps of code inside a word, a heredoc or a file. */
export function codeSteps(code: Source, scope: Scope, more: Partial<Scope> = {}): Step[] {
  if (scope.depth >= DEPTH_MAX) throw new TooComplex();
  return scriptSteps(parse(code.text), { ...scope, ...more, source: code, depth: scope.depth + 1 });
}

/** A shell does not run code that it cannot parse. */
function scriptSteps(script: ParsedScript | Script, scope: Scope): Step[] {
  if ('errors' in script && script.errors !== undefined && script.errors.length > 0) return [];
  return listSteps(script.commands, scope, false);
}

function listSteps(
  statements: readonly Statement[],
  scope: Scope,
  isInner = true,
  owner: Element | null = null,
): Step[] {
  const list: List = {
    source: scope.source,
    statements: statements.map(({ pos, end }) => ({ start: pos, end })),
    owner,
    isInner,
  };
  return statements.flatMap((statement, i) => statementSteps(statement, i, list, scope));
}

function statementSteps(statement: Statement, index: number, list: List, outer: Scope): Step[] {
  const node = statement.command;
  const nodes: readonly PipelineNode[] = node.type === 'AndOr' ? node.commands : [node];
  const isBackground = statement.background === true;
  const chain: Chain = {
    source: outer.source,
    start: statement.pos,
    end: statement.end,
    isBackground,
    elements: nodes.map(({ pos, end }) => ({ start: pos, end })),
    operators: node.type === 'AndOr' ? node.operators : [],
    list,
    index,
  };
  const elements = nodes.map((each, i) => elementOf(each, chain, i, outer));
  const scope = isBackground ? { ...inSubshell(outer), background: outer.background ?? chain } : outer;
  const steps = nodes.flatMap((each, i) => nodeSteps(each, elements[i] as Element, scope));
  if (!isBackground) return steps;
  const waits = steps.flatMap((step) => (step.kind === 'look' && step.verb === 'wait' ? step.refs : []));
  outer.shared.lastJobTasks = waits.length > 0 ? waits : null;
  outer.shared.isLookJob = steps.length > 0 && steps.every(({ kind }) => kind === 'look');
  return [{ kind: 'job', isShellJob: true, steps, element: elements[0] as Element }];
}

function elementOf(node: PipelineNode, chain: Chain, index: number, scope: Scope): Element {
  const isBare = node.type === 'Command' || (node.type === 'Pipeline' && node.commands.length === 1);
  const { pos: start, end } = node;
  return { source: scope.source, start, end, chain, index, isCaptured: scope.isCaptured, isBare };
}

function ownerOf(node: SyntaxNode, element: Element): Element | null {
  return node.pos === element.start && node.end === element.end ? element : null;
}

export function nodeSteps(node: SyntaxNode, element: Element, scope: Scope): Step[] {
  spend(scope);
  switch (node.type) {
    case 'Command':
      return commandSteps(node, element, scope);
    case 'Pipeline':
      return pipelineSteps(node, element, scope);
    case 'Subshell':
      return listSteps(node.body.commands, inSubshell(scope), true, ownerOf(node, element));
    case 'BraceGroup':
      return listSteps(node.body.commands, scope, true, ownerOf(node, element));
    case 'CompoundList':
      return listSteps(node.commands, scope);
    case 'While':
      return [loopStep(node, element, scope, (list, inside) => listSteps(list.commands, inside))];
    case 'For':
    case 'ArithmeticFor':
    case 'Select':
      return forStep(node, element, scope, {
        list: (list: CompoundList, inside) => listSteps(list.commands, inside),
        word: (word) => expansionSteps(word, element, scope),
      });
    case 'If':
      return ifSteps([node, ...node.elif], node.else, scope);
    case 'Case': {
      const pattern = node.items.flatMap(({ pattern: words }) => words.map(({ value }) => value)).join('|');
      const inside = { ...scope, pattern: { text: pattern, isNegated: false } };
      const branches = node.items.map(({ body }) => listSteps(body.commands, scope));
      return [...expansionSteps(node.word, element, inside), { kind: 'branch', branches, clause: null }];
    }
    case 'Function':
      define(node, scope);
      return [];
    case 'Coproc':
      return [
        { kind: 'job', isShellJob: true, steps: nodeSteps(node.body, element, inSubshell(scope)), element },
      ];
    case 'Redirected': {
      const before = node.redirects.flatMap((redirect) => redirectSteps(redirect, element, scope));
      const hasInput = node.redirects.some(
        ({ type, ...redirect }) =>
          type !== 'Redirect' || ('operator' in redirect && redirect.operator === '<'),
      );
      const inside = {
        ...scope,
        hasInput: scope.hasInput || hasInput,
        input: inputOf(node.redirects, scope) ?? scope.input,
        inputTasks: tasksIn(before) ?? scope.inputTasks,
      };
      const steps = nodeSteps(node.command, element, inside);
      const file = collectorOf(node.redirects, scope);
      const isSeries = /^(?:While|For|ArithmeticFor)$/.test(node.command.type) || !steps.some(isPause);
      return [...before, ...(file !== null && isSeries ? asWork(steps) : steps)];
    }
    case 'TestCommand': {
      const inside = { ...scope, pattern: patternOfTest(scope.source.text.slice(node.pos, node.end)) };
      return [...expansionSteps(node, element, inside), ...testedLook(node, element, scope)];
    }
    case 'ArithmeticCommand':
      for (const name of node.body.match(/[A-Za-z_]\w*/g) ?? []) change(name, scope);
      return expansionSteps(node, element, scope);
    default:
      return expansionSteps(node, element, scope);
  }
}

function define(node: FunctionNode, scope: Scope): void {
  scope.functions.set(node.name.value, { node, source: scope.source });
}

function ifSteps(
  [first, ...rest]: readonly Pick<If, 'clause' | 'then'>[],
  otherwise: CompoundList | undefined,
  scope: Scope,
): Step[] {
  if (first === undefined) return otherwise === undefined ? [] : listSteps(otherwise.commands, scope);
  const condition = listSteps(first.clause.commands, scope);
  const branches = [listSteps(first.then.commands, scope), ifSteps(rest, otherwise, scope)];
  const { pos: start, end } = first.clause;
  return [...condition, { kind: 'branch', branches, clause: { start, end } }];
}

/** The steps of expansions in a word, a redirection or a condition: `$(…)`, `<(…)`. */
export function expansionSteps(node: SyntaxNode, element: Element, scope: Scope): Step[] {
  spend(scope);
  if (
    node.type !== 'CommandExpansion' &&
    node.type !== 'ProcessSubstitution' &&
    node.type !== 'ArithmeticCommandExpansion'
  ) {
    const steps: Step[] = [];
    forEachChild(node, (child) => {
      steps.push(...expansionSteps(child, element, scope));
    });
    return steps;
  }
  const { script } = node;
  if (script === undefined) return [];
  const inside = { ...inSubshell(scope), isCaptured: true };
  if (script.source === undefined) return scriptSteps(script, inside);
  // A backtick substitution with escapes has a text of its own.
  const { pos: start, end } = node;
  const quote = (code: string) => `$(${code})`;
  const source = new Source(script.source, { kind: 'whole', source: scope.source, start, end, quote });
  return scriptSteps(script, { ...inside, source });
}

function pipelineSteps(node: Pipeline, element: Element, outer: Scope): Step[] {
  const isNegated = node.prefixes.some(({ type }) => type === 'Negation');
  const scope = isNegated ? { ...outer, isNegated: !outer.isNegated } : outer;
  const last = node.commands.length - 1;
  if (last === 0) return nodeSteps(node.commands[0] as CommandNode, element, scope);
  const steps: Step[] = [];
  for (const [i, command] of node.commands.entries()) {
    const before = node.commands[i - 1];
    const inside: Scope = {
      ...inSubshell(scope),
      isCaptured: scope.isCaptured || i < last,
      hasInput: scope.hasInput || i > 0,
      input: before === undefined ? scope.input : printedBy(before, scope),
      inputTasks: before === undefined ? scope.inputTasks : tasksIn(steps),
      isFedByPs: i > 0 && /^(?:!\s+)?(?:ps|pgrep)\b/.test(scope.source.text.slice(node.pos, node.end)),
      pattern: findPattern(node.commands.slice(i + 1), scope) ?? scope.pattern,
    };
    steps.push(...nodeSteps(command, element, inside));
  }
  const end = node.commands[last];
  const file = end?.type === 'Command' ? collectorOf(end.redirects, scope) : null;
  return file === null ? steps : asWork(steps);
}

/** A look whose output goes to a file is a record for later. */
export function asWork(steps: readonly Step[]): Step[] {
  return steps.map((step): Step => {
    switch (step.kind) {
      case 'look':
        return step.isFollow ? step : { kind: 'work', need: 'claims', element: step.element };
      case 'loop':
        return { ...step, clause: asWork(step.clause), body: asWork(step.body) };
      case 'branch':
        return { ...step, branches: step.branches.map(asWork) };
      default:
        return step;
    }
  });
}

export function redirectSteps(redirect: Redirection, element: Element, scope: Scope): Step[] {
  if (redirect.type === 'HereDoc') {
    const { body, closing } = redirect;
    scope.source.bodies.push({ at: redirect.pos, start: body.pos, end: closing?.end ?? body.end });
  }
  const inside = expansionSteps(redirect, element, scope);
  if (redirect.type !== 'Redirect' || redirect.operator !== '<' || redirect.target === undefined)
    return inside;
  const path = textsOf(redirect.target, scope.variables)[0] ?? '';
  return [...inside, ...pathLook([path], redirect, element, scope)];
}
