// Checks what babysit can enforce on this host, with the fix for each failed check.
import { existsSync } from 'node:fs';
import type { DoctorView, NoticeView } from '../api/schemas/daemon.ts';
import type { ProbeResult } from '../cgroups/port.ts';
import { readKernelFile, readProcFile } from '../procfs/proc-files.ts';
import { findDaemons } from '../procfs/process/daemons.ts';
import { addonFault } from '../store/sqlite.ts';
import { capFix, endsAtLogout, type Host, lingerFix, readHost } from '../systemd/host.ts';
import { shellQuote } from '../text/shell.ts';

type Check = DoctorView['checks'][number];

/** `memory`: where the figures of the host come from. `engines`: the checks of other engines. */
export async function doctor(
  probe: ProbeResult,
  memory: string,
  notices: readonly NoticeView[],
  engines: () => Promise<readonly Check[]>,
): Promise<DoctorView> {
  // Loaded on demand: it needs 2 MB of memory.
  const { default: si } = await import('systeminformation');
  const os = await si.osInfo();
  const host = readHost();
  const figures = [yes('memory of the host', memory), yes('memory of a task', taskMemory(probe, host))];
  const checks: Check[] = [
    yes('host', `${os.distro} ${os.release}, kernel ${os.kernel}, ${os.arch}${kindOf(host)}`),
    ...probe.answers.map((answer) => ({ ...answer, what: `driver ${answer.what}` })),
    ...enforced(probe, host),
    ...figures,
    ...(host.platform === 'linux' ? linuxChecks(probe, host) : []),
    clock(),
    database(),
    ...(await engines()),
    ...notices.map((notice) => ({ ...notice, ok: false })),
  ];
  return { ok: probe.enforces.memory, driver: probe.chosen, checks };
}

function linuxChecks(probe: ProbeResult, host: Host): Check[] {
  const cgroup = readProcFile(process.pid, 'cgroup') ?? '';
  return [ioAccounting(probe), linger(host, cgroup), oomd(), swap(probe), psi(), otherDaemons()];
}

function kindOf({ isContainer, isWsl }: Host): string {
  return (isContainer ? ', in a container' : '') + (isWsl ? ', WSL' : '');
}

/** What a driver may enforce, and what applies if it does not. */
const FEATURES: Readonly<
  Record<Exclude<keyof ProbeResult['enforces'], 'io'>, readonly [what: string, substitute: string]>
> = {
  memory: [
    'memory limit',
    'the watchdog samples memory every second and kills a task above its limit, which may be too late',
  ],
  swap: ['no swap for tasks', 'tasks may push the host into swap'],
  cpu: ['CPU limit', 'tasks only get a lower niceness'],
  pids: ['process limit', 'only the watchdog stops a fork bomb'],
  freeze: ['pause and resume', 'pausing uses SIGSTOP, which a task can undo'],
  wholeGroupOom: [
    'kernel kills the whole group when it is out of memory',
    'the watchdog kills the rest of the group within a second',
  ],
};

function enforced(probe: ProbeResult, host: Host): Check[] {
  return Object.entries(FEATURES).map(([key, [what, substitute]]) =>
    probe.enforces[key as keyof typeof FEATURES]
      ? yes(what, `enforced by driver ${probe.chosen}`)
      : no(what, `driver ${probe.chosen} does not support it: ${substitute}`, fixOf(key, probe, host)),
  );
}

/** Without `none` the probe has tried every driver. With another one the kernel lacks a controller or a file. */
function fixOf(key: string, { chosen, answers }: ProbeResult, host: Host): string {
  if (chosen === 'none')
    return answers[0]?.what === 'no cgroups' && host.platform === 'linux'
      ? 'The setting envelope.driver chooses none. Run: babysit config unset envelope.driver && babysit daemon-restart'
      : capFix(host);
  if (key === 'swap') return SWAP_FIX;
  return chosen === 'v1'
    ? 'Boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line: cgroup v2 has it.'
    : 'Use a kernel with all controllers of cgroup v2.';
}

const SWAP_FIX = 'Enable swap accounting (swapaccount=1 on the kernel command line), or disable swap.';

/** How the memory of a task is measured. */
function taskMemory({ chosen }: ProbeResult, { platform }: Host): string {
  if (chosen !== 'none') return `counted by driver ${chosen}`;
  return platform === 'linux'
    ? 'sampled: anonymous and shared memory of each process, from /proc/PID/status'
    : 'sampled, not capped: the resident set size of each process, from ps. It misses compressed memory and counts shared pages more than once';
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

/** `cgroup`: the groups of the daemon. */
function linger(host: Host, cgroup: string): Check {
  if (!host.isBooted) return yes('linger', 'no systemd, which would end processes at logout');
  if (!endsAtLogout(host, cgroup)) return yes('linger', 'tasks outlive the login');
  return no(
    'linger',
    'systemd ends the daemon and its tasks about ten seconds after you log out',
    `Run: ${lingerFix(host)}`,
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
    : no('swap', FEATURES.swap[1], SWAP_FIX);
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
