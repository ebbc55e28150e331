// Finds out whether a process listens on a TCP port.
import { readdirSync, readlinkSync } from 'node:fs';
import { readProcFile } from '../proc-files.ts';

/** True when one of the processes holds a listening socket of the port. Reads the network namespace of each process. */
export function listensOn(pids: readonly number[], port: number, procRoot = '/proc'): boolean {
  return pids.some((pid) => {
    const sockets = listeningSockets(pid, port, procRoot);
    return sockets.length > 0 && heldBy(pid, sockets, procRoot);
  });
}

/** The state TCP_LISTEN in /proc/PID/net/tcp (include/net/tcp_states.h). */
const LISTEN = '0A';

/** The inodes of the sockets, from lines such as `0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 4711 …`. */
function listeningSockets(pid: number, port: number, procRoot: string): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['net/tcp', 'net/tcp6']
    .flatMap((file) => (readProcFile(pid, file, procRoot) ?? '').split('\n'))
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [, local, , state] = fields;
      const inode = fields[9];
      return state === LISTEN && local?.endsWith(suffix) && inode !== undefined ? [inode] : [];
    });
}

function heldBy(pid: number, inodes: readonly string[], procRoot: string): boolean {
  const links = inodes.map((inode) => `socket:[${inode}]`);
  try {
    return readdirSync(`${procRoot}/${pid}/fd`).some((fd) => {
      try {
        return links.includes(readlinkSync(`${procRoot}/${pid}/fd/${fd}`));
      } catch {
        // Closed since.
        return false;
      }
    });
  } catch {
    // The process has ended since.
    return false;
  }
}
