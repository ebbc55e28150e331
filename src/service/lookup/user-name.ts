// The user of the daemon: the name of a person who does not say who they are.
import { userInfo } from 'node:os';

export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user has no entry in the database of users.
    return String(process.getuid?.() ?? 'unknown');
  }
}
