// Writes and removes the scripts that stand for programs in PATH and run heavy calls of them through babysit.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BabysitError } from '../../src/core/errors.ts';
import { shellQuote } from '../../src/text/shell.ts';
import { makeDirectories } from '../make-directories.ts';

const MARK = '# babysit-shim';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;

export interface ShimPaths {
  /** The directory of the shims, which comes first in PATH. */
  readonly dir: string;
  /** The program babysit, and the directory of its hooks. */
  readonly babysit: string;
  readonly hooks: string;
}

/** Throws BabysitError usage for a name that is not a program's, and for a file that is not a shim. */
export function installShims(names: readonly string[], paths: ShimPaths): void {
  for (const name of names) {
    if (!NAME.test(name) || name === 'babysit')
      throw new BabysitError('usage', `"${name}" is not the name of a program that a shim can stand for`);
    const file = join(paths.dir, name);
    if (existsSync(file) && !isShim(file))
      throw new BabysitError('usage', `${file} exists and is not a shim`);
  }
  makeDirectories(paths.dir);
  for (const name of names) writeFileSync(join(paths.dir, name), shimText(name, paths), { mode: 0o755 });
}

/** Removes the shims of these names, or all without names. Returns the removed names. */
export function removeShims(names: readonly string[], dir: string): string[] {
  const found = installedShims(dir).filter((name) => names.length === 0 || names.includes(name));
  for (const name of found) rmSync(join(dir, name));
  return found;
}

export function installedShims(dir: string): string[] {
  return existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => isShim(join(dir, name)))
        .sort()
    : [];
}

function isShim(file: string): boolean {
  return readFileSync(file, 'utf8').includes(MARK);
}

/** A shim runs the next program of its name in PATH, and keeps its own variables from it. */
function shimText(name: string, { dir, babysit, hooks }: ShimPaths): string {
  return `#!/bin/sh
${MARK}: runs ${name} through babysit when a rule says that it is heavy; see babysit hooks route.
real=$(
  IFS=:
  for at in $PATH; do
    [ "$at" -ef ${shellQuote(dir)} ] || [ ! -f "$at/${name}" ] || [ ! -x "$at/${name}" ] || { echo "$at/${name}"; break; }
  done
)
[ -n "$real" ] || { echo '${name}: not found' >&2; exit 127; }
# The room of a task includes what it starts.
[ -z "\${BABYSIT_TASK_ID:-}" ] || exec "$real" "$@"
(
  hooks=${shellQuote(hooks)}
  [ -r "$hooks/find-node.sh" ] || exit 0
  . "$hooks/find-node.sh"
  find_node "$hooks/.." || exit 0
  exec "$node" "$bundle" is-heavy ${name} "$@"
) </dev/null >/dev/null 2>&1
[ $? -ne 3 ] || exec ${shellQuote(babysit)} exec -- "$real" "$@"
exec "$real" "$@"
`;
}
