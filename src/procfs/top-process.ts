// The process that holds the most memory, among those that are none of ours. Looked for only when the host is under pressure.
import { listPids, readProcFile, sizeField } from './proc-files.ts';
import { readProgramName } from './process-state.ts';
import { psProcesses } from './ps.ts';

export interface TopProcess {
  readonly name: string;
  readonly pid: number;
  readonly rssBytes: number;
}

/**
 * Reads /proc itself: a host without memory is no place to start a `ps`, as systeminformation would. Costs some 30 us a process.
 * `ours`: the pids of all tasks.
 */
export function readTopProcessOutside(ours: ReadonlySet<number>): TopProcess | null {
  let top: TopProcess | null = null;
  for (const found of process.platform === 'linux' ? listProc(ours) : psProcesses())
    if (!ours.has(found.pid) && found.rssBytes > (top?.rssBytes ?? 0)) top = found;
  return top === null
    ? null
    : { pid: top.pid, rssBytes: top.rssBytes, name: readProgramName(top.pid) ?? top.name };
}

function* listProc(ours: ReadonlySet<number>): Generator<TopProcess> {
  for (const pid of listPids()) {
    if (ours.has(pid)) continue;
    const status = readProcFile(pid, 'status') ?? '';
    const rssBytes = sizeField(status, 'VmRSS');
    // Kernel threads have none.
    if (rssBytes === null) continue;
    yield { pid, name: /^Name:\s+(.*)$/m.exec(status)?.[1] ?? '', rssBytes };
  }
}
