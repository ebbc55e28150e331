// Names what belongs to one directory and lies outside of it, so that two daemons or projects never share it. Not part of
// home.ts, which every command of the CLI loads: node:crypto takes 2 to 10 ms.
import { createHash } from 'node:crypto';

/** Eight hexadecimal digits: in the names of our cgroup, of the daemon's unit and of the installed service. */
export function homeTag(dir: string): string {
  return createHash('sha256').update(dir).digest('hex').slice(0, 8);
}
