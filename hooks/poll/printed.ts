// The text that a command prints, when it is known.
import type { Command, CommandNode, Word } from 'unbash';
import { shellWords } from '../../src/text/shell.ts';
import { codeOfHereDoc, codeOfWord } from '../shell/code.ts';
import { Source } from '../shell/source.ts';
import { fieldsOf } from '../shell/words.ts';
import type { Scope } from './scope.ts';

/** The known text that `echo`, `printf` or `cat <<EOF` prints, else null. */
export function printedBy(node: CommandNode, scope: Scope): Source | null {
  if (node.type !== 'Command' || node.name === undefined) return null;
  const [name, ...args] = fieldsOf([node.name, ...wordsOf(node)], scope.variables);
  const program = name?.text ?? '';
  if (program === 'cat' || program === 'tee') {
    const body = node.redirects.findLast((redirect) => redirect.type === 'HereDoc');
    return body?.type === 'HereDoc' ? codeOfHereDoc(body, scope.source) : null;
  }
  if (program !== 'echo' && program !== 'printf') return null;
  const isFormat = program === 'printf' && args.length > 1 && args[0]?.text.includes('%') === true;
  const shown = isFormat ? args.slice(1) : args.filter(({ text }) => !/^-[neE]+$/.test(text));
  const [only, ...more] = shown;
  if (only !== undefined && more.length === 0 && only.isWhole) {
    const code = codeOfWord(only.word, scope.source, scope.variables);
    if (code === null || !code.text.includes('\\n')) return code;
  }
  if (only === undefined) return null;
  const text = shown.map((each) => each.text.replaceAll('\\n', '\n')).join('\n');
  const start = only.word.pos;
  const end = shown.at(-1)?.word.end ?? node.end;
  const quote = (code: string) => shellWords([code]);
  return new Source(text, { kind: 'whole', source: scope.source, start, end, quote });
}

/** The arguments of a command that are words. */
export function wordsOf(command: Command): Word[] {
  return command.args.filter((arg) => arg.type === 'Word');
}
