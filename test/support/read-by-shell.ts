// The words a real shell makes of a command line.
import { execFileSync } from 'node:child_process';

export function readByShell(commandLine: string): string[] {
  const script = `printf '%s\\0' ${commandLine}`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}
