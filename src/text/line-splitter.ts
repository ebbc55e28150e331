// Splits a stream of bytes into lines of text.

interface LineSplitter {
  /** Returns the lines that are complete now, each with its newline. */
  push(chunk: Uint8Array): readonly string[];
  /** Returns the last line, if it has no newline. */
  end(): readonly string[];
}

/** A line of more than `longest` characters is returned in pieces, which limits the memory. */
export function lineSplitter(longest = 1024 ** 2): LineSplitter {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  let restLength = 0;
  const push = (text: string): string[] => {
    const lines: string[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      lines.push(rest.join('') + text.slice(start, end + 1));
      rest = [];
      restLength = 0;
      start = end + 1;
    }
    rest.push(text.slice(start));
    restLength += text.length - start;
    if (restLength > longest) lines.push(...takeRest());
    return lines;
  };
  const takeRest = (): string[] => {
    const line = rest.join('');
    rest = [];
    restLength = 0;
    return line === '' ? [] : [line];
  };
  return {
    push: (chunk) => push(decoder.decode(chunk, { stream: true })),
    end: () => [...push(decoder.decode()), ...takeRest()],
  };
}
