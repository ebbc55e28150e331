// Names who calls: the user, with the session of an agent.
import { userInfo } from 'node:os';
import { findOwner } from './project.ts';

/** The user, and the agent's session where one acts for the user. */
export function callerName(env: NodeJS.ProcessEnv): string {
  const session = findOwner(undefined, env);
  let user = env.USER ?? 'unknown';
  try {
    user = userInfo().username;
  } catch {
    // The user has no entry in the database of users.
  }
  return session === undefined ? user : `${user} (agent ${session})`;
}
