// Where the parts for agents are, and where Claude Code looks for them.
import { join } from 'node:path';
import { BabysitError } from '../../src/core/errors.ts';
import { findCwd, findProject } from '../input/project.ts';

export const SCOPES = ['user', 'project'] as const;
export type Scope = (typeof SCOPES)[number];

export const SCOPE_FLAG = {
  kind: 'text',
  value: SCOPES.join('|'),
  help: 'for you everywhere, or for this project (default user)',
} as const;

/** Throws BabysitError usage. */
export function readScope(text: string | undefined): Scope {
  const scope = SCOPES.find((known) => known === (text ?? 'user'));
  if (scope === undefined)
    throw new BabysitError('usage', `--scope: "${text}" is not one of ${SCOPES.join(', ')}`, {
      flag: '--scope',
    });
  return scope;
}

/** Claude Code's directory: `$CLAUDE_CONFIG_DIR`, else `~/.claude`; of a project, `.claude` in its root. */
export function claudeDir(scope: Scope, env: NodeJS.ProcessEnv): string {
  if (scope === 'project') return join(findProject(findCwd(undefined)), '.claude');
  if (env.CLAUDE_CONFIG_DIR) return env.CLAUDE_CONFIG_DIR;
  if (!env.HOME)
    throw new BabysitError('usage', 'HOME is not set', { hint: 'Set HOME or CLAUDE_CONFIG_DIR.' });
  return join(env.HOME, '.claude');
}

/** A file or directory of this installation: of the checkout, or of the package. */
export function ownPath(...parts: readonly string[]): string {
  const isBuilt = !import.meta.filename.endsWith('.ts');
  return join(import.meta.dirname, isBuilt ? '..' : '../..', ...parts);
}
