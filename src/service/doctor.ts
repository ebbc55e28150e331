// Checks what babysit can enforce on this host, with the fix for each failed check.
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { DoctorView, NoticeView } from '../api/schemas/daemon.ts';
import type { ProbeResult } from '../cgroups/port.ts';
import { findDaemons } from '../procfs/daemons.ts';
import { readKernelFile, readProcFile } from '../procfs/proc-files.ts';
import { addonFault } from '../store/sqlite.ts';
import { outlivesLogin } from '../systemd/manager.ts';
import { shellQuote } from '../text/shell.ts';

type Check = DoctorView['checks'][number];

export async function doctor(probe: ProbeResult, notices: readonly NoticeView[]): Promise<DoctorView> {
  // Loaded on demand: it needs 2 MB of memory.
  const { default: si } = await import('systeminformation');
  const os = await si.osInfo();
  const checks: Check[] = [
    yes('host', `${os.distro} ${os.release}, kernel ${os.kernel}, ${os.arch}`),
    ...probe.answers.map((answer) => ({ ...answer, what: `driver ${answer.what}` })),
    ...enforced(probe),
    ioAccounting(probe),
    linger(),
    oomd(),
    swap(probe),
    psi(),
    clock(),
    database(),
    otherDaemons(),
    ...notices.map((notice) => ({ ...notice, ok: false })),
  ];
  return { ok: probe.enforces.memory, driver: probe.chosen, checks };
}

/** What a driver may enforce, and what applies if it does not. */
const FEATURES: Readonly<
  Record<Exclude<keyof ProbeResult['enforces'], 'io'>, readonly [what: string, substitute: string]>
> = {
  memory: [
    'memory limit',
    'The watchdog samples memory and kills instead. Use a host with cgroup v2 for a hard limit.',
  ],
  swap: [
    'no swap for tasks',
    'Enable swap accounting (swapaccount=1 on the kernel command line), or disable swap.',
  ],
  cpu: ['CPU limit', 'Tasks only get a lower niceness. Use a host with the cpu controller for a hard limit.'],
  pids: ['process limit', 'Only the watchdog stops a fork bomb. Use a host with the pids controller.'],
  freeze: ['pause and resume', 'Pausing uses SIGSTOP, which a task can undo.'],
  wholeGroupOom: [
    'kernel kills the whole group when it is out of memory',
    'The watchdog kills the rest of the group within a second.',
  ],
};

function enforced({ chosen, enforces }: ProbeResult): Check[] {
  return Object.entries(FEATURES).map(([key, [what, substitute]]) =>
    enforces[key as keyof typeof FEATURES]
      ? yes(what, `enforced by driver ${chosen}`)
      : no(what, `driver ${chosen} does not support it`, substitute),
  );
}

function ioAccounting({ chosen, enforces }: ProbeResult): Check {
  const what = 'I/O accounting';
  if (readProcFile(process.pid, 'io') !== null)
    return yes(
      what,
      enforces.io
        ? `counted by driver ${chosen} and by the counters of each process`
        : `counted by the counters of each process, because driver ${chosen} misses buffered writes`,
    );
  return enforces.io
    ? yes(what, `counted by driver ${chosen}`)
    : no(
        what,
        `driver ${chosen} misses buffered writes, and /proc/PID/io is not readable`,
        'Use a kernel with CONFIG_TASK_IO_ACCOUNTING. Until then io_write_bytes is not measured.',
      );
}

function linger(): Check {
  if (!existsSync('/run/systemd/system'))
    return yes('linger', 'no systemd, which would end processes at logout');
  if (outlivesLogin()) return yes('linger', 'tasks outlive the login');
  return no(
    'linger',
    'systemd ends the daemon and its tasks when you log out',
    `Run: loginctl enable-linger ${userInfo().username}`,
  );
}

function oomd(): Check {
  const isActive = existsSync('/run/systemd/units/invocation:systemd-oomd.service');
  return isActive
    ? no(
        'systemd-oomd',
        'under memory pressure it may kill whole cgroups before babysit acts',
        'Set ManagedOOMPreference=avoid for the unit of babysit.',
      )
    : yes('systemd-oomd', 'not active');
}

function swap({ enforces }: ProbeResult): Check {
  const devices = (readKernelFile('/proc/swaps') ?? '').trim().split('\n').slice(1);
  if (devices.length === 0) return yes('swap', 'the host has none');
  return enforces.swap
    ? yes('swap', 'the host has swap; tasks may not use it')
    : no('swap', 'tasks may push the host into swap', FEATURES.swap[1]);
}

function psi(): Check {
  return readKernelFile('/proc/pressure/memory') === null
    ? no(
        'pressure stall information',
        'the kernel does not provide it',
        'Boot with psi=1. Until then the watchdog judges pressure by free memory.',
      )
    : yes('pressure stall information', 'available');
}

function clock(): Check {
  const source =
    readKernelFile('/sys/devices/system/clocksource/clocksource0/current_clocksource')?.trim() ?? 'unknown';
  // biome-ignore lint/plugin/no-wall-clock: the check judges the wall clock
  const now = new Date();
  const isPlausible = now.getFullYear() >= 2025;
  return isPlausible
    ? yes('clock', `plausible; source ${source}; durations use the monotonic clock`)
    : no(
        'clock',
        `not plausible: ${now.toISOString()}`,
        'Set the time. It affects timestamps, but not durations.',
      );
}

function database(): Check {
  const fault = addonFault();
  return yes(
    'database library',
    fault === null
      ? 'better-sqlite3'
      : `node:sqlite of Node, because the addon of better-sqlite3 cannot be loaded: ${fault}`,
  );
}

/** Each daemon takes the whole host as its own. */
function otherDaemons(): Check {
  const others = findDaemons();
  if (others.length === 0) return yes('other daemons', 'no other daemon of this user runs on this host');
  const list = others.map(
    ({ pid, dir, isDeleted }) => `pid ${pid} in ${dir}${isDeleted ? ' (deleted)' : ''}`,
  );
  return no(
    'other daemons',
    `each daemon gives all memory and cores to its own tasks; also running: ${list.join(', ')}`,
    `Use one BABYSIT_HOME. Run: BABYSIT_HOME=${shellQuote(others[0]?.dir ?? '')} babysit daemon-stop`,
  );
}

function yes(what: string, reason: string): Check {
  return { what, ok: true, reason, fix: null };
}

function no(what: string, reason: string, fix: string): Check {
  return { what, ok: false, reason, fix };
}
