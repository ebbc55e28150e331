// The engine of this host: a cgroup or a transient systemd unit for each attempt, and a supervisor of the spawner.
import type { Driver, Group, Units } from '../../cgroups/port.ts';
import type { Envelope, GroupRef, Task } from '../../core/task.ts';
import type { Place } from '../port.ts';
import { LocalSupervision } from './supervision.ts';

export interface LocalEngineDeps {
  readonly driver: Driver;
  /** Null when this host has no systemd that can start units. */
  readonly units: Units | null;
}

export class LocalEngine {
  readonly #deps: LocalEngineDeps;

  constructor(deps: LocalEngineDeps) {
    this.#deps = deps;
  }

  /** Creates the group `name` with its limits. Throws DriverError. */
  create(task: Pick<Task, 'name' | 'execOptions'>, name: string, caps: Envelope): Group {
    const { driver, units } = this.#deps;
    // An earlier daemon may have accepted a unit that this one cannot start: run the task in a group instead.
    if (!task.execOptions.isUnit || units === null) return driver.create(name, caps);
    return units.create(name, caps, task.name, task.execOptions.unit);
  }

  /** `dir`: of the attempt's records. */
  place(dir: string, group: Group): Place {
    return { group, supervision: new LocalSupervision(dir, group) };
  }

  /** The place of an attempt of this or an earlier daemon. */
  open(dir: string, ref: GroupRef): Place {
    return this.place(dir, this.#deps.driver.open(ref));
  }
}
