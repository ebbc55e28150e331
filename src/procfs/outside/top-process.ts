// Finds the process outside of all tasks and of babysit that uses the most memory. Runs only under memory pressure.
import { listPids, readProcFile, sizeField } from '../proc-files.ts';
import { readProgramTitle } from '../process/process-state.ts';
import { psProcesses } from '../process/ps.ts';
import { isOwnProgram } from './own-programs.ts';
import { readOrigin } from './process-origin.ts';

interface TopProcess {
  readonly name: string;
  readonly pid: number;
  readonly rssBytes: number;
  /** See readOrigin. */
  readonly belongsTo: string | null;
}

/**
 * `ours`: the pids of all tasks. `sharers`: of the processes that count; null: all. Reads /proc, because a host without free
 * memory may be unable to start ps. Costs about 30 us per process.
 */
export function readTopProcessOutside(
  ours: ReadonlySet<number>,
  sharers: readonly number[] | null,
): TopProcess | null {
  let top: Found | null = null;
  for (const found of process.platform === 'linux' ? listProc(sharers ?? listPids(), ours) : psProcesses())
    if (!ours.has(found.pid) && found.rssBytes > (top?.rssBytes ?? 0) && !isOwnProgram(found.pid))
      top = found;
  return top === null
    ? null
    : {
        pid: top.pid,
        rssBytes: top.rssBytes,
        name: readProgramTitle(top.pid) ?? top.name,
        belongsTo: readOrigin(top.pid),
      };
}

type Found = Omit<TopProcess, 'belongsTo'>;

function* listProc(pids: Iterable<number>, ours: ReadonlySet<number>): Generator<Found> {
  for (const pid of pids) {
    if (ours.has(pid)) continue;
    const status = readProcFile(pid, 'status') ?? '';
    const rssBytes = sizeField(status, 'VmRSS');
    // Kernel threads have no VmRSS.
    if (rssBytes === null) continue;
    yield { pid, name: /^Name:\s+(.*)$/m.exec(status)?.[1] ?? '', rssBytes };
  }
}
