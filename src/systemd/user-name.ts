// The name of the user of this process.
import { userInfo } from 'node:os';

/** The number of a user without an entry in the database of users, as in containers with an arbitrary user. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
