// Values as typed: checked here, so that a mistake costs no daemon, and sent as they were typed.

/** Those of `flags` that `checks` names and the caller gave. A check throws BabysitError naming the flag. */
export function checkTyped<K extends string>(
  flags: { readonly [Key in NoInfer<K>]?: string | undefined },
  checks: Readonly<Record<K, (text: string, what: string) => unknown>>,
): { [Key in K]?: string } {
  const typed: { [Key in K]?: string } = {};
  for (const key of Object.keys(checks) as K[]) {
    const text = flags[key];
    if (text === undefined) continue;
    checks[key](text, `--${key}`);
    typed[key] = text;
  }
  return typed;
}
