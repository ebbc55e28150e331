// The edits that a rewrite consists of: remove a pause, replace a look, wait before a look.
import { FILTERS } from './lists.ts';
import type { Removals } from './remove.ts';
import type { Element, Look, Pause, Submit } from './steps.ts';
import type { Context } from './wait.ts';

export interface Work {
  readonly removals: Removals;
  readonly context: Context;
  readonly isStrict: boolean;
  needsName: boolean;
}

export function waitInRun(run: Submit): void {
  run.element.source.edit(run.verbEnd, run.verbEnd, ' --wait');
}

/** A look that only prints the state at the end of its chain: the wait prints the same. */
export function isAside({ verb, element }: Look): boolean {
  const isLast = element.index === element.chain.elements.length - 1;
  return (verb === 'status' || verb === 'list' || verb === 'ping') && element.isBare && isLast;
}

/** The statement right before the pause. */
export function isBeside({ element }: Look, pause: Pause | undefined): boolean {
  if (pause === undefined || element.isCaptured) return false;
  const { chain } = element;
  const isSame = chain.list === pause.element.chain.list && chain.elements.length === 1;
  return isSame && pause.element.chain.index - chain.index === 1;
}

export function isOnly({ chain }: Element): boolean {
  return chain.elements.length === 1 && !chain.isBackground;
}

export function isWholeList(element: Element, own: { start: number; end: number }): boolean {
  return isOnly(element) && own.start === element.start && own.end === element.end;
}

export function removePause(pause: Pause, removals: Removals): void {
  const { element, own } = pause;
  const { chain } = element;
  if (own.start === chain.start && own.end === chain.end) removals.addChain(chain);
  else if (own.start === element.start && own.end === element.end) removals.add(element);
  else {
    const rest = element.source.text.slice(own.end, element.end);
    const pipe = /^\s*\|&?\s*/.exec(rest)?.[0];
    const next = pipe === undefined ? '' : (/^[\w-]+/.exec(rest.slice(pipe.length))?.[0] ?? '');
    // A filter without input would wait.
    if (own.start === element.start && FILTERS.has(next) && !/[|>]/.test(rest.slice(pipe?.length)))
      removals.add(element);
    else if (pipe !== undefined && own.start === element.start)
      element.source.edit(own.start, own.end + pipe.length, '');
    else element.source.edit(own.start, own.end, 'true');
  }
}

export function replaceElement({ element }: Look, text: string): void {
  element.source.replace(element.start, element.end, text);
}

/** Under `set -e` a failed task must not keep the rest from running. */
export function strictly(text: string, { chain }: Element, { isStrict }: Work): string {
  const isLast = chain.index === chain.list.statements.length - 1;
  return isStrict && !isLast ? `${text} || true` : text;
}

export function waitBefore({ element }: Look, text: string, work: Work): void {
  const { source, chain } = element;
  const quiet = element.isCaptured ? ' >/dev/null' : '';
  const strict = `${text}${quiet}${work.isStrict ? ' || true' : ''}`;
  if (work.removals.isFirst(element) && !chain.isBackground)
    source.edit(element.start, element.start, `${strict}; `);
  else {
    source.edit(element.start, element.start, `{ ${strict}; `);
    source.edit(element.end, element.end, '; }');
  }
}

/** A look whose names come from standard input: `xargs babysit log --tail 3` → `xargs babysit wait`. */
export function fedText({ element, fedVerb, refs }: Look, start: number, end: number): string {
  const { text } = element.source;
  if (fedVerb === null) return text.slice(start, end);
  const rest = text.slice(fedVerb.end, end);
  const names = refs.some((ref) => ref.includes('{}')) ? ' {}' : '';
  const inputs = /\s:::.*/s.exec(rest)?.[0] ?? '';
  const pipe = /\s*(?:[|<>]|2>).*/s.exec(rest)?.[0] ?? '';
  return `${text.slice(start, fedVerb.start)}wait${names}${inputs === '' ? pipe : inputs}`;
}
