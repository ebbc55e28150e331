// Finds where a request comes from: directory, project, environment, owner.
import { accessSync, constants, existsSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BabysitError } from '../../src/core/errors.ts';
import type { Caller } from '../../src/request/request.ts';

/** Returns the absolute path. Throws BabysitError bad_cwd unless the caller may enter the directory. */
export function findCwd(asked: string | undefined): string {
  let cwd = asked ?? '';
  try {
    cwd = asked === undefined ? process.cwd() : resolve(asked);
    if (!statSync(cwd).isDirectory()) throw new Error('not a directory');
    accessSync(cwd, constants.X_OK);
    return cwd;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'it does not exist' : code === 'EACCES' ? 'no permission to enter it' : message;
    const where = asked === undefined ? 'the current directory' : `--cwd "${asked}"`;
    throw new BabysitError('bad_cwd', `cannot use ${where}: ${why}`, { cwd });
  }
}

/** Returns the nearest directory at or above `cwd` with a `.git` (a file in worktrees), else `cwd`. */
export function findProject(cwd: string): string {
  for (let dir = cwd; ; dir = dirname(dir)) {
    if (existsSync(join(dir, '.git'))) return dir;
    if (dir === dirname(dir)) return cwd;
  }
}

/** The project to look at. Unlike a command, a query needs no current directory: it may have been deleted. */
export function currentProject(): string {
  return findProject(currentDir());
}

function currentDir(): string {
  try {
    return process.cwd();
  } catch {
    return deletedDir() ?? '/';
  }
}

/** Linux keeps the path of a deleted current directory. Returns null elsewhere. */
function deletedDir(): string | null {
  try {
    return readlinkSync('/proc/self/cwd').replace(/ \(deleted\)$/, '');
  } catch {
    return null;
  }
}

/** The caller's environment without the variables for babysit's launcher. */
export function taskEnv(env: NodeJS.ProcessEnv): Record<string, string> {
  const { BABYSIT_NODE: _node, BABYSIT_NO_AUTOSTART: _autostart, ...own } = env as Record<string, string>;
  return own;
}

/** `cwd` is the directory the caller names, if any. Throws BabysitError bad_cwd. */
export function findCaller(env: NodeJS.ProcessEnv, asked: string | undefined): Caller {
  const cwd = asked ?? findCwd(undefined);
  return {
    cwd,
    project: findProject(cwd),
    umask: process.umask(),
    env: taskEnv(env),
    owner: findOwner(undefined, env),
  };
}

export function findOwner(asked: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  return asked ?? (env.CLAUDE_CODE_SESSION_ID || undefined);
}
