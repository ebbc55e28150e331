// One call of a program, and what its words and redirections say.
import type { Command, Redirection } from 'unbash';
import { codeOfHereDoc, codeOfWord } from '../shell/code.ts';
import type { Source } from '../shell/source.ts';
import type { Unwrapped } from '../shell/unwrap.ts';
import type { Field } from '../shell/words.ts';
import type { Scope } from './scope.ts';
import type { Element } from './steps.ts';

/** One call of a program, with the command it is in. */
export interface Call {
  readonly name: string;
  /** The words after the program. */
  readonly args: readonly Field[];
  readonly texts: readonly string[];
  readonly fields: readonly Field[];
  /** The index of the program among the fields. */
  readonly at: number;
  readonly around: Unwrapped['around'];
  readonly node: Command;
  readonly element: Element;
  readonly scope: Scope;
}

export function plainPath(path: string): string {
  return path.replace(/^(?:\.\/)+/, '');
}

/** `tail -f`, `less +F`. */
export function isFollowing(name: string, texts: readonly string[]): boolean {
  if (name === 'less') return texts.includes('+F');
  return name === 'tail' && texts.some((text) => /^-[a-zA-Z\d]*[fF]|^--(?:follow|retry)/.test(text));
}

/** `ps … | grep NAME`. */
export function isProcessFilter({ name, texts, scope }: Call): boolean {
  return scope.isFedByPs && /^(?:[ef]?grep|rg|awk)$/.test(name) && !texts.some((text) => /^-\w*v/.test(text));
}

/** The files that a shell line writes: a log, a marker. */
export function writtenFiles(code: string): string[] {
  const pattern =
    /(?:>>?|\btouch\s|\btee\s+(?:-a\s+)?|\s-o\s+|--(?:output|log[-_]?file|out)[= ])\s*["']?([\w./~-]+)/g;
  return [...code.matchAll(pattern)]
    .map(([, path]) => path ?? '')
    .filter((path) => path !== '' && !path.startsWith('/dev/') && !/^\d+$/.test(path));
}

/** The heredoc or `<<<` that is the standard input of a command. */
export function inputOf(redirects: readonly Redirection[], scope: Scope): Source | null {
  const last = redirects.findLast((redirect) => redirect.type !== 'Redirect');
  if (last?.type === 'HereDoc') return codeOfHereDoc(last, scope.source);
  if (last?.type !== 'HereString' || last.target === undefined) return null;
  return codeOfWord(last.target, scope.source, scope.variables);
}
