// What this host lets babysit enforce, with the mend for each "no".
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { DoctorView } from '../api/schemas/daemon.ts';
import type { ProbeResult } from '../cgroups/port.ts';
import { readKernelFile } from '../procfs/proc-files.ts';
import { outlivesLogin } from '../systemd/manager.ts';

type Check = DoctorView['checks'][number];

export async function doctor(probe: ProbeResult): Promise<DoctorView> {
  // Loaded when it is asked for: it would hold 2 MB of every daemon.
  const { default: si } = await import('systeminformation');
  const os = await si.osInfo();
  const checks: Check[] = [
    yes('host', `${os.distro} ${os.release}, kernel ${os.kernel}, ${os.arch}`),
    ...probe.answers.map((answer) => ({ ...answer, what: `driver ${answer.what}` })),
    ...enforced(probe),
    linger(),
    oomd(),
    swap(probe),
    psi(),
    clock(),
  ];
  return { ok: probe.chosen !== 'none' && probe.enforces.memory, driver: probe.chosen, checks };
}

const FEATURES: Readonly<Record<keyof ProbeResult['enforces'], string>> = {
  memory: 'memory cap',
  swap: 'no swap for tasks',
  cpu: 'cpu cap',
  pids: 'process cap',
  freeze: 'pause and resume',
  io: 'io accounting',
  wholeGroupOom: 'kernel ends the whole group when it runs out of memory',
};

function enforced({ chosen, enforces }: ProbeResult): Check[] {
  return Object.entries(FEATURES).map(([key, what]) =>
    enforces[key as keyof typeof FEATURES]
      ? yes(what, `enforced by driver ${chosen}`)
      : no(what, `driver ${chosen} cannot`, SUBSTITUTE[key as keyof typeof FEATURES]),
  );
}

const SUBSTITUTE: Readonly<Record<keyof ProbeResult['enforces'], string>> = {
  memory: 'The watchdog samples memory and kills instead; use a host with cgroup v2 for a hard cap.',
  swap: 'Switch swap accounting on (swapaccount=1 on the kernel command line) or swap off.',
  cpu: 'Tasks are only niced; use a host with the cpu controller for a hard cap.',
  pids: 'A fork bomb is stopped by the watchdog only; use a host with the pids controller.',
  freeze: 'Pausing uses SIGSTOP.',
  io: 'Disk use of a task is not counted; delegate the io controller.',
  wholeGroupOom: 'The watchdog ends the rest of the group within a second.',
};

function linger(): Check {
  if (!existsSync('/run/systemd/system'))
    return yes('linger', 'there is no systemd, so nobody ends processes at logout');
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
        'it may end whole cgroups under pressure before babysit does',
        'Set ManagedOOMPreference=avoid for the unit babysit runs in.',
      )
    : yes('systemd-oomd', 'not active');
}

function swap({ enforces }: ProbeResult): Check {
  const devices = (readKernelFile('/proc/swaps') ?? '').trim().split('\n').slice(1);
  if (devices.length === 0) return yes('swap', 'the host has none');
  return enforces.swap
    ? yes('swap', 'the host has swap; tasks may not use it')
    : no('swap', 'tasks may push the host into swap', SUBSTITUTE.swap);
}

function psi(): Check {
  return readKernelFile('/proc/pressure/memory') === null
    ? no(
        'pressure stall information',
        'the kernel gives none',
        'Boot with psi=1; until then pressure is judged from free memory.',
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
        `the host believes it is ${now.toISOString()}`,
        'Set the time; durations are not affected, time stamps are.',
      );
}

function yes(what: string, reason: string): Check {
  return { what, ok: true, reason, fix: null };
}

function no(what: string, reason: string, fix: string): Check {
  return { what, ok: false, reason, fix };
}
