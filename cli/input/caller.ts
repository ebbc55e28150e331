// Names who calls: the user, with the session of an agent.
import { userName } from '../../src/systemd/user-name.ts';
import { findOwner } from './project.ts';

/** The user, and the agent's session where one acts for the user. */
export function callerName(env: NodeJS.ProcessEnv): string {
  const session = findOwner(undefined, env);
  const user = userName();
  return session === undefined ? user : `${user} (agent ${session})`;
}
