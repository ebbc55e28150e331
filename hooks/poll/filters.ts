// Reads what a pipeline or a condition searches for in the output of a look, and where output goes.
import type { CommandNode, Redirection } from 'unbash';
import { fieldsOf, textsOf } from '../shell/words.ts';
import type { Scope } from './scope.ts';
import type { Pattern } from './steps.ts';

/** The pattern of the first `grep` or `rg` behind a pipe, or of a `jq -e`. */
export function findPattern(commands: readonly CommandNode[], scope: Scope): Pattern | null {
  for (const command of commands) {
    if (command.type !== 'Command' || command.name === undefined) continue;
    const words = command.args.filter((arg) => arg.type === 'Word');
    const [name, ...args] = fieldsOf([command.name, ...words], scope.variables).map(({ text }) => text);
    if (/^(?:[ef]?grep|rg)$/.test(name ?? '')) return grepPattern(name ?? '', args, scope.isNegated);
  }
  return null;
}

/** What `grep` or `rg` with these words searches for, as a regular expression of JavaScript. */
export function grepPattern(name: string, args: readonly string[], isNegated: boolean): Pattern | null {
  const flags = args.filter((arg) => /^-[A-Za-z]+$/.test(arg)).join('');
  if (/v/.test(flags)) return null;
  const afterE = args.findIndex((arg) => arg === '-e' || arg === '--regexp');
  const text =
    afterE >= 0 ? args[afterE + 1] : args.find((arg) => !arg.startsWith('-') && !/^\d+$/.test(arg));
  if (text === undefined || /\$[({A-Za-z]/.test(text)) return null;
  const isFixed = name === 'fgrep' || flags.includes('F');
  const isBasic = name === 'grep' && !/[EP]/.test(flags);
  const expression = isFixed ? literal(text) : isBasic ? fromBasic(text) : text;
  return { text: flags.includes('i') ? anyCase(expression) : expression, isNegated };
}

/** An expression that matches the text. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** A basic regular expression escapes the operators that an extended one does not. */
function fromBasic(text: string): string {
  return text.replace(/\\([|+?(){}])|([|+?(){}])/g, (_, escaped, plain) => escaped ?? `\\${plain}`);
}

function anyCase(expression: string): string {
  return expression.replace(/\\.|\[[^\]]*\]|[A-Za-z]/g, (part) =>
    part.length === 1 ? `[${part.toUpperCase()}${part.toLowerCase()}]` : part,
  );
}

/** What `[ "$(…)" = x ]` and `[[ $(…) == *x* ]]` compare with. */
export function patternOfTest(text: string): Pattern | null {
  const found = /(!=|==?|=~)\s*["']?\*?([\w.-]+)\*?["']?\s*\]{0,2}\s*$/.exec(text.trim());
  return found?.[2] === undefined ? null : { text: found[2], isNegated: found[1] === '!=' };
}

/** The file that receives the output and that the command does not read itself, else null. */
export function collectorOf(redirects: readonly Redirection[], scope: Scope): string | null {
  for (const redirect of redirects) {
    if (redirect.type !== 'Redirect' || redirect.target === undefined) continue;
    const { operator, descriptor, target } = redirect;
    const isOutput = /^(?:>>?|>\||&>>?)$/.test(operator);
    if (!isOutput || (descriptor?.type === 'FileDescriptor' && descriptor.value === 2)) continue;
    const path = textsOf(target, scope.variables)[0] ?? '';
    if (path === '' || path.startsWith('/dev/')) continue;
    // A file that occurs elsewhere is read again. A file that grows is a record, unless its own loop reads it.
    const around = operator.endsWith('>>') ? (scope.loop ?? scope.shared.text) : scope.shared.text;
    if (!around.replace(new RegExp(`>[>|]?\\s*${literal(target.text)}`, 'g'), '').includes(target.text))
      return path;
  }
  return null;
}
