// The process table of a host without /proc (macOS), from ps. Written from the manual; not tested on a Mac.
import { spawnSync } from 'node:child_process';
import type { ProcessInfo } from './processes.ts';

export function psProcesses(): ProcessInfo[] {
  const { stdout } = spawnSync('ps', ['-axo', 'pid=,ppid=,pgid=,rss=,time='], { encoding: 'utf8' });
  return parsePs(stdout ?? '');
}

/** ps shows neither start ticks nor the environment: a daemonised grandchild is lost here, and doctor says so. */
export function parsePs(text: string): ProcessInfo[] {
  return text.split('\n').flatMap((line) => {
    const [pid, ppid, processGroup, rssKib, time] = line.trim().split(/\s+/);
    if (time === undefined) return [];
    return [
      {
        pid: Number(pid),
        ppid: Number(ppid),
        processGroup: Number(processGroup),
        startTicks: 0,
        cpuUsec: parseCpuTime(time),
        rssBytes: Number(rssKib) * 1024,
        marker: null,
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
