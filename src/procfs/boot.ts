// Names this boot of the host, so that a process of an earlier boot is never taken for one of this.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export function readBootId(): string {
  if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return execFileSync('sysctl', ['-n', 'kern.boottime'], { encoding: 'utf8' }).trim();
}
