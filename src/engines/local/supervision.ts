// The supervisor of an attempt on this host: found by its process identity, and kept running by signals.
import type { Group } from '../../cgroups/port.ts';
import { hasSurvivors, signalBelow, signalGroup, signalProcess } from '../../procfs/process/process-group.ts';
import { ProcessHandle } from '../../procfs/process/process-handle.ts';
import { isAlive, processAgeMs } from '../../procfs/process/process-identity.ts';
import type { KnownRecords, Supervision } from '../port.ts';
import { hasMissedTheEnd } from './missed-end.ts';

/** `dir`: the directory of the attempt's records. */
export class LocalSupervision implements Supervision {
  readonly reportsChanges = true;
  readonly #dir: string;
  readonly #group: Group;
  #known: KnownRecords = { supervisor: null, started: null };
  #held: { readonly supervisor: ProcessHandle | null; readonly main: ProcessHandle | null } | null = null;
  #hasMissedEnd = false;

  constructor(dir: string, group: Group) {
    this.#dir = dir;
    this.#group = group;
  }

  know(known: KnownRecords): void {
    this.#known = known;
  }

  isSupervisorGone(): boolean {
    const { supervisor } = this.#known;
    return supervisor !== null && !this.#isSupervisorAlive() && !hasSurvivors(supervisor);
  }

  isMainAlive(): boolean {
    const main = this.#known.started?.main ?? null;
    return main !== null && (this.#held?.main?.isAlive() ?? isAlive(main));
  }

  mainAgeMs(): number {
    return processAgeMs(this.#known.started?.main ?? null);
  }

  loss(): null {
    return null;
  }

  hold(): void {
    if (this.#held !== null) return;
    const { supervisor, started } = this.#known;
    const main = started?.main ?? null;
    this.#held = {
      supervisor: supervisor === null ? null : new ProcessHandle(supervisor),
      main: main === null ? null : new ProcessHandle(main),
    };
  }

  continueSupervisor(): void {
    const groupId = this.#known.supervisor?.groupId ?? null;
    if (groupId !== null && !this.isSupervisorGone()) signalGroup(groupId, 'SIGCONT');
  }

  signalStuck(signal: 'SIGCONT' | 'SIGKILL'): void {
    const { supervisor } = this.#known;
    if (supervisor === null || this.isMainAlive() || this.isSupervisorGone()) return;
    // The launch script has a process group of its own.
    if (this.#known.started === null) signalBelow(supervisor.pid, LAUNCH_LEVELS, signal);
    // The process group holds only the supervisor's processes: the command has its own.
    if (supervisor.groupId && !this.#group.populated()) signalGroup(supervisor.groupId, signal);
  }

  /** Twice in a row: the first may have come between the end and its record. */
  wakeSupervisor(): void {
    const { supervisor, started } = this.#known;
    const main = started?.main ?? null;
    const hadMissed = this.#hasMissedEnd;
    this.#hasMissedEnd =
      supervisor !== null && main !== null && hasMissedTheEnd(this.#dir, { supervisor, main });
    if (hadMissed && this.#hasMissedEnd && supervisor !== null) signalProcess(supervisor.pid, 'SIGUSR1');
  }

  get logWriter(): KnownRecords['supervisor'] {
    return this.#known.supervisor;
  }

  close(): void {
    this.#held?.supervisor?.close();
    this.#held?.main?.close();
    this.#held = null;
  }

  #isSupervisorAlive(): boolean {
    const { supervisor } = this.#known;
    return supervisor !== null && (this.#held?.supervisor?.isAlive() ?? isAlive(supervisor));
  }
}

/** The launch script, and below it timeout(1) with the systemd-run(1) that starts a unit. */
const LAUNCH_LEVELS = 3;
