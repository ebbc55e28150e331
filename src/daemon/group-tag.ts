// Names the daemon's parent group after its state directory, so that two daemons never share one.
import { createHash } from 'node:crypto';

export function groupTag(home: string): string {
  return createHash('sha256').update(home).digest('hex').slice(0, 8);
}
