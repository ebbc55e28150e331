// Finds the code that a word or a heredoc holds, as a source whose edits change that word.
import type { DoubleQuotedPart, HereDoc, Word } from 'unbash';
import { shellQuote } from '../../src/text/shell.ts';
import { quoteInDouble, quoteInSingle, Source } from './source.ts';
import { textsOf, type Variables, variableOf } from './words.ts';

/** Returns null when the text of the word is unknown. */
export function codeOfWord(word: Word, source: Source, variables: Variables): Source | null {
  const name = variableOf(word);
  const assigned = name === null ? undefined : variables.get(name)?.word;
  if (assigned !== undefined) return codeOfWord(assigned.word, assigned.source, variables);
  const [part, ...more] = word.parts ?? [];
  if (part === undefined || (part.type === 'Literal' && more.length === 0 && part.text === part.value))
    return new Source(word.value, {
      kind: 'whole',
      source,
      start: word.pos,
      end: word.end,
      quote: shellQuote,
    });
  if (more.length === 0 && part.type === 'SingleQuoted' && part.value === part.text.slice(1, -1))
    return new Source(part.value, {
      kind: 'mapped',
      source,
      placeOf: (position) => part.pos + 1 + position,
      quote: quoteInSingle,
    });
  if (more.length === 0 && part.type === 'DoubleQuoted') return quoted(part, source, variables);
  return whole(word, source, variables);
}

/** `"…"`: its escapes are removed, and each character keeps its place. */
function quoted(part: DoubleQuotedPart, source: Source, variables: Variables): Source | null {
  const heredoc = catHereDoc(part);
  if (heredoc !== null) return codeOfHereDoc(heredoc, source);
  const printed = echoed(part);
  if (printed !== null && printed.name === 'echo') return codeOfWord(printed.word, source, variables);
  if (printed !== null) {
    const text = printed.word.value.replaceAll('\\n', '\n');
    return new Source(text, { kind: 'whole', source, start: part.pos, end: part.end, quote: shellQuote });
  }
  const { text, placeOf } = unescaped(source.text.slice(part.pos + 1, part.end - 1), part.pos + 1);
  const known = part.parts.some(
    (child) => child.type === 'SimpleExpansion' && variables.has(child.text.slice(1)),
  );
  if (!known) return new Source(text, { kind: 'mapped', source, placeOf, quote: quoteInDouble });
  const word = {
    type: 'Word',
    text: part.text,
    value: part.text,
    pos: part.pos,
    end: part.end,
    parts: [part],
  };
  return whole(word as Word, source, variables) ?? new Source(text);
}

function unescaped(raw: string, start: number): { text: string; placeOf: (position: number) => number } {
  const places: number[] = [];
  let text = '';
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] === '\\' && /["\\`$\n]/.test(raw[i + 1] ?? '')) {
      places.push(start + i);
      i++;
      if (raw[i] === '\n') {
        places.pop();
        continue;
      }
    } else places.push(start + i);
    text += raw[i];
  }
  places.push(start + raw.length);
  return { text, placeOf: (position) => places[position] ?? start + raw.length };
}

function whole(word: Word, source: Source, variables: Variables): Source | null {
  const text = textsOf(word, variables)[0];
  if (text === undefined) return null;
  const quote = (code: string) => (/\$/.test(code) ? `"${quoteInDouble(code)}"` : shellQuote(code));
  return new Source(text, { kind: 'whole', source, start: word.pos, end: word.end, quote });
}

/** `"$(cat <<'END' … END)"` is the text of the heredoc. */
function catHereDoc(part: DoubleQuotedPart): HereDoc | null {
  const [child, ...more] = part.parts;
  if (child?.type !== 'CommandExpansion' || more.length > 0) return null;
  const command = child.script?.commands[0]?.command;
  if (command?.type !== 'Command' || command.name?.value !== 'cat' || command.args.length > 0) return null;
  return command.redirects.find((redirect): redirect is HereDoc => redirect.type === 'HereDoc') ?? null;
}

/** `"$(echo 'code')"` is the code, and `"$(printf 'code')"`. */
function echoed(part: DoubleQuotedPart): { readonly name: string; readonly word: Word } | null {
  const [child, ...more] = part.parts;
  if (child?.type !== 'CommandExpansion' || more.length > 0) return null;
  const command = child.script?.commands[0]?.command;
  const [word, ...rest] = command?.type === 'Command' ? command.args : [];
  const name = command?.type === 'Command' ? (command.name?.value ?? '') : '';
  const isKnown = /^(?:echo|printf)$/.test(name) && rest.length === 0 && word?.type === 'Word';
  return isKnown ? { name, word } : null;
}

/** The body of a heredoc. Leading tabs of `<<-` do not matter to a shell. */
export function codeOfHereDoc({ body, delimiter }: HereDoc, source: Source): Source {
  const raw = source.text.slice(body.pos, body.end);
  const { text, placeOf } =
    delimiter?.quoted === true || !raw.includes('\\')
      ? { text: raw, placeOf: (position: number) => body.pos + position }
      : unescaped(raw, body.pos);
  return new Source(text, { kind: 'mapped', source, placeOf, quote: (code) => code });
}
