// Reads the usage line of a command: which words it takes, and where.

/** A word to type as it is, or a placeholder in capitals such as NAME. */
export interface UsageWord {
  readonly text: string;
  readonly isPlaceholder: boolean;
  readonly isRepeated: boolean;
}

/** Each way to call the command, without its flags: `pause (NAME... | --tag=TAG)` -> [[NAME...], []]. */
export function usageForms(usage: string): UsageWord[][] {
  const [verb = ''] = usage.split(' ');
  return usage
    .replaceAll('[flags]', ' ')
    .replace(/\[?-[^|\]]*\]?/g, ' ')
    .split(/ \| | \|$/)
    .map((form) => form.replace(/[[\]()']/g, ' ').trim())
    .map((form) => (form === verb || form.startsWith(`${verb} `) ? form.slice(verb.length) : form))
    .map((form) => form.split(/\s+/).filter((word) => /^[\w|-]*\w(\.{3})?$/.test(word)))
    .map((words) => words.map(readWord));
}

function readWord(word: string): UsageWord {
  const text = word.replace(/\.{3}$/, '');
  return { text, isPlaceholder: /^[A-Z_]+$/.test(text), isRepeated: text !== word };
}

/** What may stand after `typed`: literal words, and the names of placeholders. */
export function nextWords(
  usage: string,
  typed: readonly string[],
): { readonly literals: readonly string[]; readonly placeholders: readonly string[] } {
  const literals = new Set<string>();
  const placeholders = new Set<string>();
  for (const form of usageForms(usage)) {
    const word = at(form, typed.length);
    if (word === undefined || !typed.every((one, index) => accepts(at(form, index), one))) continue;
    if (word.isPlaceholder) placeholders.add(word.text);
    else for (const one of word.text.split('|')) literals.add(one);
  }
  return { literals: [...literals], placeholders: [...placeholders] };
}

/** The last word of a form may be repeated. */
function at(form: readonly UsageWord[], index: number): UsageWord | undefined {
  const last = form.at(-1);
  return form[index] ?? (last?.isRepeated ? last : undefined);
}

function accepts(word: UsageWord | undefined, typed: string): boolean {
  return word !== undefined && (word.isPlaceholder || word.text.split('|').includes(typed));
}
