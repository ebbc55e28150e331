// Finds heavy commands in a command line, and writes the line that runs them through babysit.

import { findRule, type Mode, type Rule } from '../../cli/agents/heavy/rules.ts';
import { shellQuote } from '../../src/text/shell.ts';
import type { Call } from '../poll/call.ts';
import { evaluate } from '../poll/evaluate.ts';
import type { Chain } from '../poll/steps.ts';

export interface Route {
  readonly rule: Rule;
  /** The heavy command as typed. */
  readonly part: string;
  /** The form in which it escapes from the shell: nohup, setsid, disown, &, or the harness's background. */
  readonly detached: 'nohup' | 'setsid' | 'disown' | '&' | 'run_in_background' | null;
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
    const rule =
      call.scope.isTask || call.scope.isElsewhere || call.around.isFed
        ? null
        : findRule(call.name, call.texts, rules);
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
      detachedBy(each.call, calls) === null ? null : (each.call.scope.background ?? each.call.element.chain);
    if (chain === null) insertExec(each.call);
    else if (!done.has(chain)) {
      done.add(chain);
      submitChain(chain, each.call, calls);
    }
  }
  return { rule, part, detached, mode: own, command: source.render().trim() };
}

function detachedBy(call: Call, calls: readonly Call[]): Route['detached'] {
  const wrapper = call.around.names.find((name) => name === 'nohup' || name === 'setsid');
  if (wrapper !== undefined) return wrapper as 'nohup' | 'setsid';
  if (call.scope.background === null) return null;
  // The shell waits for a job that it started: the work does not escape.
  const at = calls.indexOf(call);
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
  const text = source.text.slice(start, end).replace(/\s*&\s*$/, '');
  const plain = text.replace(/\b(?:nohup|setsid)\s+(?:-\S+\s+)*/g, '');
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

/** `cargo build --release` → `cargo-build`. */
function taskName({ name, texts }: Call): string {
  const second = texts.find(
    (text) => /^[A-Za-z][\w.:-]*$/.test(text) && !/^(?:run|run-script|exec)$/.test(text),
  );
  const words = [name, ...(second === undefined ? [] : [second])].join('-');
  return (
    words
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, NAME_MAX) || 'task'
  );
}
