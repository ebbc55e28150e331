// Reads the process table of a host without /proc (macOS) with ps. Written from the manual; not tested on a Mac.
import { spawnSync } from 'node:child_process';

interface PsProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly groupId: number;
  /** One letter; T and Z as in /proc/<pid>/stat. */
  readonly state: string;
  readonly rssBytes: number;
  readonly cpuUsec: number;
  readonly name: string;
}

export function psProcesses(): PsProcess[] {
  const columns = 'pid=,ppid=,pgid=,state=,rss=,time=,comm=';
  const { stdout } = spawnSync('ps', ['-axo', columns], { encoding: 'utf8' });
  return parsePs(stdout ?? '');
}

/** ps prints no start time in ticks and no environment: babysit loses daemonized descendants, and doctor reports it. */
export function parsePs(text: string): PsProcess[] {
  return text.split('\n').flatMap((line) => {
    const [pid, ppid, groupId, state, rssKib, time, ...name] = line.trim().split(/\s+/);
    if (state === undefined || time === undefined) return [];
    return [
      {
        pid: Number(pid),
        ppid: Number(ppid),
        groupId: Number(groupId),
        state: state.charAt(0),
        rssBytes: Number(rssKib) * 1024,
        cpuUsec: parseCpuTime(time),
        name: name.join(' '),
      },
    ];
  });
}

/** `[[dd-]hh:]mm:ss[.cc]` in µs. */
function parseCpuTime(time: string): number {
  const [days, clock] = time.includes('-') ? time.split('-') : ['0', time];
  const seconds = (clock ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round((Number(days) * 86_400 + seconds) * 1_000_000);
}
