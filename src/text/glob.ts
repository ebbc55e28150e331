// Shell patterns for one name of a path: *, ? and [...].

export function hasWildcard(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** As in the shell, a wildcard at the beginning matches no name that begins with a dot. */
export function matcherOf(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/\[(!?)([^\]]+)\]|[\s\S]/g, (part, not?: string, set?: string) => {
    if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]`;
    if (part === '*') return '.*';
    if (part === '?') return '.';
    return part.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  });
  const regex = regexOf(`^(?:${source})$`);
  const matchesHidden = pattern.startsWith('.');
  return (name) =>
    (matchesHidden || !name.startsWith('.')) && (regex === null ? name === pattern : regex.test(name));
}

/** Null for a range that ends before it begins, such as [z-a]. */
function regexOf(source: string): RegExp | null {
  try {
    return new RegExp(source, 's');
  } catch {
    return null;
  }
}
