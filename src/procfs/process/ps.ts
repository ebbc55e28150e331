// Reads the process table of a host without /proc (macOS) with ps. Tested on recorded lines of macOS and on the ps of Linux.
import { spawnSync } from 'node:child_process';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const LSTART = /^\w{3} (\w{3}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

interface PsProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly groupId: number;
  /** Start time in seconds since the epoch. Identifies a process together with the pid. */
  readonly startTicks: number;
  /** One letter; T and Z as in /proc/<pid>/stat. */
  readonly state: string;
  readonly rssBytes: number;
  readonly cpuUsec: number;
  readonly name: string;
}

/** All processes, or the one with this pid. */
export function psProcesses(pid?: number): PsProcess[] {
  const columns = 'pid=,ppid=,pgid=,state=,lstart=,rss=,time=,comm=';
  const chosen = pid === undefined ? ['-axo', columns] : ['-o', columns, '-p', String(pid)];
  // ps prints local times in the words of the locale.
  const env = { PATH: '/bin:/usr/bin', TZ: 'UTC', LC_ALL: 'C' };
  const { stdout } = spawnSync('ps', chosen, { encoding: 'utf8', env });
  return parsePs(stdout ?? '');
}

/** ps prints no environment: babysit loses daemonized descendants, and doctor reports it. */
export function parsePs(text: string): PsProcess[] {
  return text.split('\n').flatMap((line) => {
    const [pid, ppid, groupId, state, ...more] = line.trim().split(/\s+/);
    const [rssKib, time, ...name] = more.slice(5);
    if (state === undefined || time === undefined) return [];
    return [
      {
        pid: Number(pid),
        ppid: Number(ppid),
        groupId: Number(groupId),
        startTicks: parseStartTime(more.slice(0, 5).join(' ')) ?? 0,
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

/** `lstart` of ps in UTC and the C locale, `Sat Nov 28 19:48:01 2026`, in seconds since the epoch. Null for other text. */
export function parseStartTime(text: string): number | null {
  const [, month = '', day, hours, minutes, seconds, year] = LSTART.exec(text) ?? [];
  const place = MONTHS.indexOf(month);
  if (place < 0) return null;
  const parts = [day, hours, minutes, seconds].map(Number) as [number, number, number, number];
  return Date.UTC(Number(year), place, ...parts) / 1000;
}
