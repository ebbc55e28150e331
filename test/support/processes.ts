// Which processes live, and which of them belong to a test.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listPids, readProcFile } from '../../src/procfs/proc-files.ts';
import { readStat } from '../../src/procfs/process/stat.ts';

/** `pid command` of each living process whose command line or environment contains the text. */
export function processesOf(text: string): string[] {
  return listPids()
    .filter((pid) => pid !== process.pid)
    .flatMap((pid) => {
      const command = readProcFile(pid, 'cmdline') ?? '';
      // A zombie has no command line; only its parent can remove it.
      const isNamed = command !== '' && `${command}\0${readProcFile(pid, 'environ') ?? ''}`.includes(text);
      return isNamed ? [`${pid} ${command.replaceAll('\0', ' ').trim()}`] : [];
    });
}

/** The daemon of this BABYSIT_HOME. */
export function daemonPid({ dir }: { readonly dir: string }): number {
  return Number(readFileSync(join(dir, 'daemon.pid'), 'utf8'));
}

/** The process that starts the supervisors of this daemon; its environment names no home. */
export function spawnerPid(home: { readonly dir: string }): number | undefined {
  const daemon = daemonPid(home);
  return listPids().find(
    (pid) => readStat(pid)?.ppid === daemon && readProcFile(pid, 'cmdline')?.includes('babysit-spawner'),
  );
}
