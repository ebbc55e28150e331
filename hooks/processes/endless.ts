// Finds waits that never end, because a pattern of processes matches the waiting shell.
import type { Call } from '../poll/call.ts';
import { evaluate } from '../poll/evaluate.ts';
import type { Element, Loop, Range, Step } from '../poll/steps.ts';
import { searchOf } from './search.ts';

export interface Fault {
  readonly command: string;
  readonly why: string;
}

export function findEndless(command: string): Fault | null {
  const { source, steps, calls } = evaluate(command, []);
  const loops = loopsOf(steps);
  for (const call of calls) {
    const word = patternWord(call);
    if (word === null || !matchesItself(word.text, command)) continue;
    if (!loops.some((loop) => endsByAbsence(call, loop))) continue;
    const { pos, end } = word.word;
    const { source: own } = call.scope;
    const written = own.text.slice(pos, end);
    const bracketed = written.replace(/[A-Za-z0-9]/, (first) => `[${first}]`);
    // Without quotes the shell would replace it by the name of a file.
    const quoted = /^['"]/.test(written) ? bracketed : `'${bracketed}'`;
    const why = `The pattern "${word.text}" matches this shell's own command line, so the loop never ends.`;
    const others = `${command.slice(0, command.indexOf(written))}${command.slice(command.indexOf(written) + written.length)}`;
    if (!written.includes('[') && !matchesItself(word.text, others)) {
      own.edit(pos, end, quoted);
      return { command: source.render(), why: `${why} The brackets keep it from matching itself.` };
    }
    // The command line has the name at another place too.
    const at = call.name === 'pgrep' ? call.fields[call.at]?.word.end : undefined;
    if (at === undefined) continue;
    own.edit(at, at, ' --ignore-ancestors');
    return { command: source.render(), why: `${why} pgrep leaves its own shells out with this flag.` };
  }
  return null;
}

export function loopsOf(steps: readonly Step[]): Loop[] {
  return steps.flatMap((step): Loop[] => {
    switch (step.kind) {
      case 'loop':
        return [step, ...loopsOf([...step.clause, ...step.body])];
      case 'branch':
        return step.branches.flatMap(loopsOf);
      case 'job':
        return loopsOf(step.steps);
      default:
        return [];
    }
  });
}

/** The loop ends only when the call finds no process. */
function endsByAbsence({ node, scope }: Call, loop: Loop): boolean {
  const { text } = loop.element.source;
  const isInside = ({ start, end }: Range) => start <= node.pos && node.end <= end;
  if (scope.source !== loop.element.source || !isInside(loop.own) || loop.type === 'watch') return false;
  const name = assignedFrom(text, node.pos);
  const use = name === null ? null : new RegExp(`\\$\\{?${name}\\b`);
  /** The range contains the call, or the variable with its output. */
  const isIn = (range: Range) => isInside(range) || (use?.test(text.slice(range.start, range.end)) ?? false);
  const clause = { start: loop.own.start, end: loop.inside.start };
  if (isIn(clause))
    return (
      loop.type !== 'for' && (loop.type === 'until') === isForAbsence(text.slice(clause.start, clause.end))
    );
  if (!isEndless(text.slice(clause.start, clause.end))) return false;
  const exits = exitsOf(loop.body, []);
  return (
    exits.length > 0 &&
    exits.every(({ element, under }) => {
      const branch = under.find((each) => isIn(each.clause));
      if (branch !== undefined)
        return branch.isThen === isForAbsence(text.slice(branch.clause.start, branch.clause.end));
      return followsAbsence(element, isIn, text);
    })
  );
}

/** The variable that gets the output of the command at the position: `pids=$(pgrep …)`. */
export function assignedFrom(text: string, position: number): string | null {
  return /\b([A-Za-z_]\w*)=["'(]*(?:\$\(|`)[^()`;]*$/.exec(text.slice(0, position))?.[1] ?? null;
}

interface Exit {
  readonly element: Element;
  /** The conditions that it is under. */
  readonly under: readonly { readonly clause: Range; readonly isThen: boolean }[];
}

function exitsOf(steps: readonly Step[], under: Exit['under']): Exit[] {
  return steps.flatMap((step): Exit[] => {
    if (step.kind === 'exit') return [{ element: step.element, under }];
    if (step.kind !== 'branch') return [];
    const { clause } = step;
    return step.branches.flatMap((branch, i) =>
      exitsOf(branch, clause === null ? under : [...under, { clause, isThen: i === 0 }]),
    );
  });
}

/** `pgrep … || break`, `! pgrep … && { echo ended; break; }`. */
function followsAbsence(exit: Element, isIn: (range: Range) => boolean, text: string): boolean {
  for (let at: Element | null = exit; at !== null; at = at.chain.list.owner) {
    const { elements, operators } = at.chain;
    const found = elements.findIndex(isIn);
    const condition = elements[found];
    if (condition === undefined || found >= at.index) continue;
    const isOr = operators.slice(found, at.index).includes('||');
    return isOr !== isForAbsence(text.slice(condition.start, condition.end));
  }
  return false;
}

function isEndless(clause: string): boolean {
  return /^while\s+(?:true|:|\[\s*(?:1|true)\s*\]|\(\(\s*1\s*\)\))\s*;?\s*(?:do)?\s*$|^until\s+false\b|^for\s*\(\(\s*;\s*;\s*\)\)/.test(
    clause.trim(),
  );
}

/** The condition holds without such a process: `! pgrep`, `[ -z "$(pgrep …)" ]`, `[ $(pgrep -c …) -eq 0 ]`. */
function isForAbsence(clause: string): boolean {
  return /(?:^|\s)!\s|\s-z\s|\s-eq\s+["']?0|\s-lt\s+["']?1|\s==?\s+["']?0/.test(clause);
}

/** The pattern of `pgrep -f` or of `ps … | grep`. */
function patternWord(call: Call): Call['args'][number] | null {
  const search = searchOf(call);
  const leavesOut = call.texts.some((text) => /^-\w*A|^--ignore-ancestors/.test(text));
  if (search === null || !search.isFull || leavesOut) return null;
  return call.args.find(({ text }) => text === search.pattern) ?? null;
}

function matchesItself(pattern: string, command: string): boolean {
  try {
    return pattern !== '' && new RegExp(pattern).test(command) && !/grep\s+-v\s+["']?grep/.test(command);
  } catch {
    return false;
  }
}
