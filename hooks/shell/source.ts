// The text of a script, the code inside its words, and edits that keep everything else in place.
import { shellQuote } from '../../src/text/shell.ts';

/** Where the code of a source is written in the enclosing source. */
export type Host =
  /** Each character of the code has a place there. `quote` turns new code into text for that place. */
  | {
      readonly kind: 'mapped';
      readonly source: Source;
      readonly placeOf: (position: number) => number;
      readonly quote: (code: string) => string;
    }
  /** The code is known but not as one text there: new code replaces the whole range. */
  | {
      readonly kind: 'whole';
      readonly source: Source;
      readonly start: number;
      readonly end: number;
      readonly quote: (code: string) => string;
    };

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export class Source {
  readonly text: string;
  readonly host: Host | null;
  /** Ranges of the bodies of heredocs with the place of their `<<`. A removal must not cut the body of another command. */
  readonly bodies: { readonly at: number; readonly start: number; readonly end: number }[] = [];
  /** The command that runs this code with a shell of its own, when it does nothing else. */
  runner: { readonly start: number; readonly end: number; readonly limit: string | undefined } | null = null;
  /** Where the command starts in the enclosing source that gives this code to another user, container or host. */
  caller: number | null = null;
  readonly #edits: Edit[] = [];
  readonly #inner: Source[] = [];

  constructor(text: string, host: Host | null = null) {
    this.text = text;
    this.host = host;
    if (host !== null) host.source.#inner.push(this);
  }

  /** Replaces a range. An edit inside a larger one is dropped when the text is rendered. */
  edit(start: number, end: number, text: string): void {
    for (const body of this.bodies)
      if (start <= body.at && body.at < end)
        this.#edits.push({ start: body.start, end: body.end + 1, text: '' });
    if (!this.#edits.some((edit) => edit.start === start && edit.end === end && edit.text === text))
      this.#edits.push({ start, end, text });
  }

  /** Replaces a range, also one that was replaced before. */
  replace(start: number, end: number, text: string): void {
    const before = this.#edits.findIndex((edit) => edit.start === start && edit.end === end);
    if (before >= 0) this.#edits.splice(before, 1);
    this.edit(start, end, text);
  }

  get inner(): readonly Source[] {
    return this.#inner;
  }

  get isEdited(): boolean {
    return this.#edits.length > 0 || this.#inner.some((inner) => inner.isEdited);
  }

  /** Returns the text with all edits, also those of the code inside its words. */
  render(): string {
    const edits = [...this.#edits, ...this.#inner.flatMap((inner) => inner.#outward())];
    const largest = edits.filter((edit) => !edits.some((other) => isInside(edit, other)));
    let text = '';
    let at = 0;
    for (const edit of largest.sort((a, b) => a.start - b.start || a.end - b.end)) {
      if (edit.start < at) continue;
      text += this.text.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return text + this.text.slice(at);
  }

  /** The edits of this source as edits of its host. */
  #outward(): Edit[] {
    if (this.host === null || !this.isEdited) return [];
    const { host } = this;
    if (host.kind === 'whole') return [{ start: host.start, end: host.end, text: host.quote(this.render()) }];
    return [...this.#edits, ...this.#inner.flatMap((inner) => inner.#outward())].map((edit) => ({
      start: host.placeOf(edit.start),
      end: host.placeOf(edit.end),
      text: host.quote(edit.text),
    }));
  }
}

/** The code for an enclosing source: `babysit wait t` → `ssh host 'babysit wait t'`. */
export function outward(code: string, from: Source, to: Source): string {
  let text = code;
  for (let at = from; at !== to && at.host !== null; at = at.host.source) {
    const { host, caller } = at;
    if (caller === null) continue;
    const outer = host.source.text;
    const start = host.kind === 'mapped' ? host.placeOf(0) : host.start;
    const end = host.kind === 'mapped' ? host.placeOf(at.text.length) : host.end;
    const closing = host.kind === 'mapped' ? (/^["']/.exec(outer.slice(end))?.[0] ?? '') : '';
    text = `${outer.slice(caller, start)}${host.quote(text)}${closing}`;
  }
  return text;
}

function isInside(edit: Edit, other: Edit): boolean {
  if (edit === other) return false;
  // An insertion at the border of a replaced range stays.
  if (edit.start === edit.end) return other.start < edit.start && edit.end < other.end;
  if (edit.start < other.start || edit.end > other.end) return false;
  return edit.end - edit.start < other.end - other.start;
}

/** Code inside single quotes. */
export function quoteInSingle(code: string): string {
  return shellQuote(code).slice(1, -1);
}

/** Code inside double quotes; `$` keeps its meaning for the outer shell. */
export function quoteInDouble(code: string): string {
  return code.replace(/["\\`]/g, '\\$&');
}
