// Builds the step of a loop: how often it runs, and what changes in each turn.
import type { ArithmeticFor, CompoundList, For, Select, While, Word } from 'unbash';
import { fieldsOf } from '../shell/words.ts';
import type { Scope } from './scope.ts';
import type { Element, Loop, Step } from './steps.ts';

type ListSteps = (list: CompoundList, scope: Scope) => Step[];

export function loopStep(node: While, element: Element, outer: Scope, listSteps: ListSteps): Loop {
  const changes = new Set<string>();
  const before = new Map(outer.variables);
  const loop = outer.source.text.slice(node.pos, node.end);
  const scope: Scope = { ...outer, changes, loop };
  const clause = listSteps(node.clause, { ...scope, isNegated: false });
  const body = listSteps(node.body, scope);
  for (const name of changes) outer.changes.add(name);
  const clauseText = outer.source.text.slice(node.clause.pos, node.clause.end);
  const bodyText = outer.source.text.slice(node.body.pos, node.body.end);
  return {
    kind: 'loop',
    type: node.kind,
    clause,
    body,
    changes,
    over: null,
    times: /SECONDS|date|EPOCH/.test(clauseText)
      ? null
      : (counted(expand(clauseText, before)) ?? countedTo(`${clauseText}\n${bodyText}`, before)),
    seconds:
      clocked(clauseText, before, outer) ??
      (/\b(?:break|exit|return)\b/.test(bodyText) ? clocked(bodyText, before, outer) : null),
    inside: { start: node.body.pos, end: node.body.end },
    own: { start: node.pos, end: node.end },
    element,
  };
}

export function forStep(
  node: For | ArithmeticFor | Select,
  element: Element,
  outer: Scope,
  { list: listSteps, word }: { list: ListSteps; word: (word: Word) => Step[] },
): Step[] {
  const changes = new Set<string>();
  const words = node.type === 'For' ? (node.wordlist ?? []) : [];
  const before = words.flatMap(word);
  const name = node.type === 'For' ? node.name.value : '';
  const { text } = outer.source;
  let over: Loop['over'] = null;
  let times: number | null = null;
  if (node.type === 'For') {
    changes.add(name);
    const sequence = /^\$\(\s*seq\s+([^)]*)\)$|^`seq\s+([^`]*)`$/.exec(words[0]?.text ?? '');
    const texts = fieldsOf(words, outer.variables).map((field) => field.text);
    const isKnown = texts.every((each) => !/[$`*?]/.test(each));
    const values = isKnown ? texts : null;
    const first = words[0];
    const last = words.at(-1);
    if (first !== undefined && last !== undefined)
      over = { name, words: text.slice(first.pos, last.end), values };
    times =
      sequence === null
        ? isKnown
          ? texts.length
          : null
        : sequenceLength(expand(sequence[1] ?? sequence[2] ?? '', outer.variables));
    outer.variables.set(name, { texts: isKnown ? texts : [`$${name}`] });
  } else if (node.type === 'ArithmeticFor') {
    const head = expand(text.slice(node.pos, node.body.pos), outer.variables);
    times = counted(head);
  }
  const body = listSteps(node.body, { ...outer, changes, loop: text.slice(node.pos, node.end) });
  for (const changed of changes) outer.changes.add(changed);
  const loop: Loop = {
    kind: 'loop',
    type: 'for',
    clause: [],
    body,
    changes,
    over,
    times,
    seconds: null,
    inside: { start: node.body.pos, end: node.body.end },
    own: { start: node.pos, end: node.end },
    element,
  };
  return [...before, loop];
}

/** Replaces variables with a single known value. */
function expand(text: string, variables: Scope['variables']): string {
  return text.replace(/\$\{?([A-Za-z_]\w*)\}?/g, (written, name) => {
    const texts = variables.get(name)?.texts ?? [];
    return texts.length === 1 && /^-?\d+$/.test(texts[0] ?? '') ? (texts[0] ?? '') : written;
  });
}

/** `seq LAST`, `seq FIRST LAST`, `seq FIRST STEP LAST`. */
function sequenceLength(args: string): number | null {
  const numbers = args
    .split(/\s+/)
    .filter((arg) => /^-?\d+$/.test(arg))
    .map(Number);
  const [first = 1, step = 1, last = 0] =
    numbers.length === 1 ? [1, 1, numbers[0]] : numbers.length === 2 ? [numbers[0], 1, numbers[1]] : numbers;
  return numbers.length === 0 || step === 0 ? null : Math.max(0, Math.floor((last - first) / step) + 1);
}

/** `$i -lt 60`, `i < 60`, `i++ < 60`, `n -gt 0` with a counter. */
function counted(text: string): number | null {
  // The output of a command is not a counter.
  if (/\$\([^(]|`/.test(text)) return null;
  const up = /(?:-lt|-ne|<(?!=))\s*"?(\d+)|(?:-le|<=)\s*"?(\d+)/.exec(text);
  const by = Number(/\+=\s*(\d+)/.exec(text)?.[1] ?? 1);
  if (up !== null) return Math.ceil((up[1] === undefined ? Number(up[2]) + 1 : Number(up[1])) / by);
  const down = /=\s*(\d+)\s*;[^;]*(?:>|-gt)\s*0/.exec(text);
  return down === null ? null : Number(down[1]);
}

/** `[ $i -ge 60 ] && break`, `((i > 60)) && exit 1`, `until [ $i -ge 60 ] || …`, with a counter. */
function countedTo(text: string, variables: Scope['variables']): number | null {
  const tests = expandLimits(text, variables).matchAll(
    /[[(]\s*"?(?:\+\+)?\$?\{?([A-Za-z_]\w*)\}?(?:\+\+)?"?\s*(?:-ge|-gt|-eq|>=?|==)\s*"?(\d+)"?\s*[\])]/g,
  );
  for (const [, name, limit] of tests) {
    const step = new RegExp(
      `\\b${name}=\\$\\(\\(\\s*\\$?${name}\\s*\\+\\s*(\\d+)|\\b${name}(?:\\+\\+|\\+=(\\d+))|\\+\\+${name}\\b`,
    );
    const found = step.exec(text);
    if (found !== null) return Math.ceil(Number(limit) / Number(found[1] ?? found[2] ?? 1));
  }
  return null;
}

/** Replaces the variable at the right of a comparison. */
function expandLimits(text: string, variables: Scope['variables']): string {
  return text.replace(/(-ge|-gt|-eq|>=?|==)(\s*"?)(\$\{?[A-Za-z_]\w*\}?)/g, (_, operator, space, name) => {
    return `${operator}${space}${expand(name, variables)}`;
  });
}

/** A deadline by `SECONDS` or `date +%s`. */
function clocked(clause: string, variables: Scope['variables'], { shared }: Scope): number | null {
  const direct =
    /SECONDS\b[^\d]{0,8}(?:-[lg][te]|[<>]=?)\s*"?(\d+)/.exec(clause) ??
    /(?:%s'?"?\)|SECONDS\}?)\s*-\s*\$?\{?\w+\}?\s*\){2,3}"?\s*(?:-[lg][te]|[<>]=?)\s*"?(\d+)/.exec(clause);
  if (direct !== null) return Number(direct[1]);
  if (!/SECONDS|date \+%s|EPOCHSECONDS/.test(clause)) return null;
  const spans = shared.text.match(/(?:SECONDS|%s'?"?\)|EPOCHSECONDS\}?)\s*\+\s*(?:\$\{?)?(\w+)/);
  const span = spans?.[1] ?? '';
  const value = /^\d+$/.test(span) ? span : (variables.get(span)?.texts[0] ?? '');
  return /^\d+$/.test(value) ? Number(value) : null;
}
