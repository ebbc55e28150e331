// Finds where a request comes from: directory, project, environment, owner.
import { accessSync, constants, existsSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { BabysitError } from '../../src/core/errors.ts';
import type { Caller } from '../../src/request/request.ts';
import { pathOf, shownText, textOf } from '../../src/text/bytes.ts';
import { callerProcess } from './environ.ts';
import { inheritedFrom } from './inherited.ts';

/** Returns the absolute path of the directory that the caller names. Throws BabysitError bad_cwd unless the caller may enter it. */
export function findCwd(asked: string): string {
  // The current directory may have been deleted.
  const find = () => resolve(isAbsolute(asked) ? '/' : physicalDir(), asked);
  return enterable(find, `--cwd "${shownText(asked)}"`);
}

/** The absolute path of a file that the caller names. Throws BabysitError bad_cwd when that needs a directory that was deleted. */
export function absolutePath(file: string): string {
  try {
    return resolve(file);
  } catch {
    const hint = 'Pass an absolute path, or change the directory.';
    throw new BabysitError('bad_cwd', `cannot use "${file}": the current directory does not exist`, { hint });
  }
}

/** The current directory; by the name `pwd`, with links, if that names it. Throws BabysitError bad_cwd. */
export function findCurrent(pwd?: string): string {
  const what = 'the current directory';
  const physical = enterable(physicalDir, what);
  return pwd !== undefined && isNameOf(pwd, physical) ? pwd : physical;
}

function enterable(find: () => string, what: string): string {
  let cwd = '';
  try {
    cwd = find();
    const path = pathOf(cwd);
    if (!statSync(path).isDirectory()) throw new Error('not a directory');
    accessSync(path, constants.X_OK);
    return cwd;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'it does not exist' : code === 'EACCES' ? 'no permission to enter it' : message;
    throw new BabysitError('bad_cwd', `cannot use ${what}: ${why}`, { cwd: shownText(cwd) });
  }
}

/** A shell keeps the links in PWD. It ignores a PWD that does not name its current directory; see POSIX, cd. */
function isNameOf(pwd: string, physical: string): boolean {
  if (!pwd.startsWith('/') || resolve(pwd) !== pwd) return false;
  try {
    const [named, current] = [statSync(pathOf(pwd)), statSync(pathOf(physical))];
    return named.dev === current.dev && named.ino === current.ino;
  } catch {
    return false;
  }
}

/** Throws when the current directory was deleted. */
function physicalDir(): string {
  const cwd = process.cwd();
  return cwd.includes('\ufffd') ? (linkedDir() ?? cwd) : cwd;
}

/** Returns the nearest directory at or above `cwd` with a `.git` (a file in worktrees), else `cwd`. */
export function findProject(cwd: string): string {
  const real = realDir(cwd);
  for (let dir = real; ; dir = dirname(dir)) {
    if (existsSync(pathOf(join(dir, '.git')))) return shownText(dir);
    if (dir === dirname(dir)) return shownText(real);
  }
}

/** A directory and a link to it are one project. */
function realDir(dir: string): string {
  try {
    return textOf(realpathSync.native(pathOf(dir), 'buffer'));
  } catch {
    return dir;
  }
}

/** The project to look at. Unlike a command, a query needs no current directory: it may have been deleted. */
export function currentProject(): string {
  return findProject(currentDir());
}

function currentDir(): string {
  try {
    return physicalDir();
  } catch {
    return linkedDir()?.replace(/ \(deleted\)$/, '') ?? '/';
  }
}

/** Linux also keeps the path of a deleted current directory. Returns null elsewhere. */
function linkedDir(): string | null {
  try {
    return textOf(readlinkSync('/proc/self/cwd', 'buffer'));
  } catch {
    return null;
  }
}

/** `asked` is the directory that the caller names, if any. Throws BabysitError bad_cwd. */
export function findCaller(env: NodeJS.ProcessEnv, asked: string | undefined): Caller {
  const caller = callerProcess(env);
  return {
    cwd: asked ?? findCurrent(caller.env.PWD),
    project: findProject(asked ?? physicalDir()),
    umask: process.umask(),
    ...inheritedFrom(caller.softLimits),
    env: caller.env,
    owner: findOwner(undefined, env),
  };
}

export function findOwner(asked: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  return asked ?? (env.CLAUDE_CODE_SESSION_ID || undefined);
}
