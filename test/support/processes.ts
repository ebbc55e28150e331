// Which processes live, and which of them belong to a test.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `pid command` of each living process whose command line or environment contains the text. */
export function processesOf(text: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      const command = readProc(pid, 'cmdline');
      // A zombie has no command line; only its parent can remove it.
      const isNamed = command !== '' && `${command}\0${readProc(pid, 'environ')}`.includes(text);
      return isNamed ? [`${pid} ${command.replaceAll('\0', ' ').trim()}`] : [];
    });
}

/** False for a zombie, too. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z';
  } catch {
    return false;
  }
}

/** The daemon of this BABYSIT_HOME. */
export function daemonPid({ dir }: { readonly dir: string }): number {
  return Number(readFileSync(join(dir, 'daemon.pid'), 'utf8'));
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
