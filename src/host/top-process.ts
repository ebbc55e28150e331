// The process that holds the most memory, among those that are none of ours. Looked for only when the host is under pressure.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readProc, readProgramName } from './process-state.ts';

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
  for (const found of process.platform === 'linux' ? listProc(ours) : listPs())
    if (!ours.has(found.pid) && found.rssBytes > (top?.rssBytes ?? 0)) top = found;
  return top === null ? null : { ...top, name: readProgramName(top.pid) ?? top.name };
}

function* listProc(ours: ReadonlySet<number>): Generator<TopProcess> {
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || ours.has(pid)) continue;
    const status = readProc(pid, 'status') ?? '';
    const rssKib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
    // Kernel threads have none.
    if (rssKib === undefined) continue;
    yield { pid, name: /^Name:\s+(.*)$/m.exec(status)?.[1] ?? '', rssBytes: Number(rssKib) * 1024 };
  }
}

function listPs(): TopProcess[] {
  const text = execFileSync('ps', ['-axo', 'pid=,rss=,comm='], { encoding: 'utf8' });
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.+)$/.exec(line);
    return match ? [{ pid: Number(match[1]), rssBytes: Number(match[2]) * 1024, name: match[3] ?? '' }] : [];
  });
}
