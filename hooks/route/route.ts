// Finds heavy commands in a command line, and writes the line that runs them through babysit.

import { findRule, type Mode, type Rule } from '../../cli/agents/heavy/rules.ts';
import { shellQuote } from '../../src/text/shell.ts';
import type { Call } from '../poll/call.ts';
import { evaluate } from '../poll/evaluate.ts';
import type { Chain, Range } from '../poll/steps.ts';
import { Source } from '../shell/source.ts';

export interface Route {
  readonly rule: Rule;
  /** The heavy command as typed. */
  readonly part: string;
  /** How it outlives the shell: nohup, setsid, tmux, disown, &, or run_in_background of the harness. */
  readonly detached: string | null;
  readonly mode: Mode;
  /** The whole command line through babysit. */
  readonly command: string;
}

export interface RouteOptions {
  readonly rules: readonly Rule[];
  readonly mode: Mode;
  readonly isBackground: boolean;
}

const NAME_MAX = 40;

/** Returns null when nothing heavy runs outside of babysit. */
export function findRoute(command: string, { rules, mode, isBackground }: RouteOptions): Route | null {
  const { source, calls } = evaluate(command, []);
  const heavy = calls.flatMap((call) => {
    const rule = isOutOfReach(call) ? null : findRule(call.name, call.texts, rules);
    return rule === null ? [] : [{ call, rule }];
  });
  const [first] = heavy;
  if (first === undefined) return null;
  const { call, rule } = heavy.find((each) => detachedBy(each.call, calls) !== null) ?? first;
  const detached = isBackground ? 'run_in_background' : detachedBy(call, calls);
  const part = partOf(call);
  // Detached work ends outside of the reach of babysit and of the harness.
  const default_ = rule.mode ?? mode;
  const own: Mode = default_ === 'off' ? 'off' : detached === null ? default_ : 'deny';
  if (own === 'off') return null;
  if (isBackground) {
    const name = taskName(call);
    const text = command.trim();
    return {
      rule,
      part,
      detached,
      mode: own,
      command: `babysit run --name=${name} --command=${shellQuote(text)} && babysit wait ${name}`,
    };
  }
  const done = new Set<Chain>();
  for (const each of heavy) {
    const chain =
      detachedBy(each.call, calls) === null
        ? null
        : (each.call.scope.background ?? each.call.scope.detached?.chain ?? each.call.element.chain);
    if (chain === null) insertExec(each.call);
    else if (!done.has(chain)) {
      done.add(chain);
      submitChain(chain, each.call, calls);
    }
  }
  return { rule, part, detached, mode: own, command: source.render().trim() };
}

/** A task, a call on another host, or code that runs as another user, with a daemon of their own. */
function isOutOfReach({ scope, around }: Call): boolean {
  const isOfOther = scope.isElsewhere && !around.isElsewhere;
  return scope.isTask || scope.isRemote || isOfOther || around.isFed;
}

function detachedBy(call: Call, calls: readonly Call[]): Route['detached'] {
  const { detached, background } = call.scope;
  if (detached !== null) return detached.name;
  if (background === null) return null;
  const at = calls.indexOf(call);
  // The shell waits for a job that it started: the work does not escape.
  if (calls.some(({ name }, i) => i > at && (name === 'wait' || name === 'fg'))) return null;
  return calls.some(({ name }) => name === 'disown') ? 'disown' : '&';
}

function partOf({ node, scope }: Call): string {
  return scope.source.text.slice(node.pos, node.end);
}

/** `RUSTFLAGS=x cargo build 2>&1` → `RUSTFLAGS=x babysit exec -- cargo build 2>&1`. */
function insertExec({ node, scope }: Call): void {
  const { name } = node;
  if (name === undefined) return;
  // `exec make`, `command make`: the shell's own words come first.
  const words = [name, ...node.args];
  const at = words.findIndex(
    (word) => !('value' in word) || !/^(?:exec|command|builtin)$/.test(String(word.value)),
  );
  const word = words[Math.max(0, at)] ?? name;
  scope.source.edit(word.pos, word.pos, 'babysit exec -- ');
}

/** `nohup make > log 2>&1 &` → `babysit run --name=make --command='make > log 2>&1'`. */
function submitChain({ source, start, end, list, index }: Chain, call: Call, calls: readonly Call[]): void {
  const { detached } = call.scope;
  const copy = new Source(source.text.slice(start, end));
  // Its positions are those of another text when the chain stands around the code that detaches.
  if (detached?.chain.source === source) {
    for (const word of detached.words) copy.edit(word.start - start, word.end - start, '');
    if (detached.code !== null) {
      const { range, source: code } = detached.code;
      copy.edit(range.start - start, range.end - start, inPlaceOf(range, code.text.trim(), { start, end }));
    }
  }
  const plain = copy.render().replace(/\s*&\s*$/, '');
  const next = source.text.slice(end);
  const separator = /^[ \t]*[^\s;)&|]/.test(next) ? ';' : '';
  source.edit(start, end, `babysit run --name=${taskName(call)} --command=${shellQuote(plain)}${separator}`);
  // `disown` has nothing to disown now.
  for (const each of calls) {
    const { chain } = each.element;
    if (each.name === 'disown' && chain.list === list && chain.index > index && each.element.isBare)
      source.edit(each.element.start, each.element.end, ':');
  }
}

/** Code of several commands stays one command beside others. */
function inPlaceOf(range: Range, code: string, chain: Range): string {
  const isAlone = range.start === chain.start && range.end === chain.end;
  return isAlone || !/[;&|\n]/.test(code) ? code : `bash -c ${shellQuote(code)}`;
}

/** `cargo build --release` → `cargo-build`. */
function taskName({ name, texts }: Call): string {
  const second = texts
    .map((text) => text.replace(/^.*\/(?=.)/, ''))
    .find((text) => /^[A-Za-z][\w.:-]*\/?$/.test(text) && !/^(?:run|run-script|exec)$/.test(text));
  const words = [name, ...(second === undefined ? [] : [second])].join('-');
  return (
    words
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, NAME_MAX) || 'task'
  );
}
