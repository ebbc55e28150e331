// What a submission says about where it came from: directory, project, environment, owner.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BabysitError } from '../../src/core/errors.ts';
import type { Caller } from '../../src/request/request.ts';

/** Absolute and checked: a directory the caller may enter. Throws BabysitError bad_cwd. */
export function findCwd(asked: string | undefined): string {
  let cwd = asked ?? '';
  try {
    cwd = asked === undefined ? process.cwd() : resolve(asked);
    if (!statSync(cwd).isDirectory()) throw new Error('it is no directory');
    accessSync(cwd, constants.X_OK);
    return cwd;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'it does not exist' : code === 'EACCES' ? 'you may not enter it' : message;
    const where = asked === undefined ? 'the current directory' : `--cwd: "${asked}"`;
    throw new BabysitError('bad_cwd', `${where} cannot be used: ${why}`, { cwd });
  }
}

/** The nearest directory at or above `cwd` with a `.git` (a file in worktrees), else `cwd`. */
export function findProject(cwd: string): string {
  for (let dir = cwd; ; dir = dirname(dir)) {
    if (existsSync(join(dir, '.git'))) return dir;
    if (dir === dirname(dir)) return cwd;
  }
}

/** The caller's environment, without what steers babysit's own launcher. */
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
