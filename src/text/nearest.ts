// Finds the known word that a mistyped word probably means.

/** The first of the nearest words; a word that begins with the mistyped one counts as near. Null when none is near enough. */
export function nearest(word: string, known: readonly string[]): string | null {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    const isBegun = candidate.startsWith(word) && word.length > 2;
    // At least as far as the lengths: a long word is not compared with each of many.
    if (!isBegun && Math.abs(candidate.length - word.length) > limit) continue;
    const distance = isBegun ? 1 : editDistance(word, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** The fields of an error that offers `words`, the likeliest first; none without words. `before`: what a caller types before each. */
export function didYouMean(words: readonly string[], before = ''): { nearest?: string; hint?: string } {
  const [first] = words;
  if (first === undefined) return {};
  return { nearest: first, hint: `Did you mean ${words.map((word) => before + word).join(' or ')}?` };
}

/** Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbors. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = at(above, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replace, swap, at(above, j) + 1, at(row, j - 1) + 1));
    }
    [before, above] = [above, row];
  }
  return at(above, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0;
}
