// Finds the hooks and the skill in this installation, and the directories of Claude Code.
import { join } from 'node:path';
import { userHome } from '../../src/config/home.ts';
import { BabysitError } from '../../src/core/errors.ts';
import { readChoice } from '../input/choice.ts';
import { findCurrent, findProject } from '../input/project.ts';

const SCOPES = ['user', 'project'] as const;
export type Scope = (typeof SCOPES)[number];

export const SCOPE_FLAG = {
  kind: 'text',
  value: SCOPES.join('|'),
  help: 'for all your projects, or for this project (default: user)',
} as const;

/** Throws BabysitError usage. */
export function readScope(text: string | undefined): Scope {
  return readChoice(text ?? 'user', SCOPES, '--scope');
}

/** `$CLAUDE_CONFIG_DIR`, else `~/.claude`; for a project `.claude` in its root. */
export function claudeDir(scope: Scope, env: NodeJS.ProcessEnv): string {
  if (scope === 'project') return join(findProject(findCurrent()), '.claude');
  if (env.CLAUDE_CONFIG_DIR) return env.CLAUDE_CONFIG_DIR;
  const home = userHome(env);
  if (home === null)
    throw new BabysitError('usage', 'HOME is not set', { hint: 'Set HOME or CLAUDE_CONFIG_DIR.' });
  return join(home, '.claude');
}

/** A path inside this installation, which is a checkout or the package. */
export function ownPath(...parts: readonly string[]): string {
  const isBuilt = !import.meta.filename.endsWith('.ts');
  return join(import.meta.dirname, isBuilt ? '..' : '../..', ...parts);
}
