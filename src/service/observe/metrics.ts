// The metrics of the daemon: counts its events and sampling passes, and reads the rest when it is asked.
import type { HostPoint, LiveStatus } from '../../api/schemas/observe/live.ts';
import { BabysitError } from '../../core/errors.ts';
import type { RecordedEvent } from '../../core/events.ts';
import type { Engine } from '../../engine/engine.ts';
import { DENIALS, METRICS, OTHER } from '../../metrics/catalog.ts';
import { Counts, type Value } from '../../metrics/counts.ts';
import { metricsText, type Readings } from '../../metrics/exposition.ts';
import { hostPoint } from '../views/host-point.ts';

export class Metrics {
  readonly #engine: Engine;
  readonly #counts = new Counts();
  #host: HostPoint | null = null;
  #busy = performance.eventLoopUtilization();
  #cpuSeconds = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    for (const dim of METRICS.babysit_denials_total.labels.dim)
      if (dim !== 'none' && dim !== OTHER)
        this.#counts.count('babysit_denials_total', { error: 'capacity_exceeded', dim }, 0);
    engine.eventBus.listenToAll((events) => {
      for (const event of events) this.#count(event);
    });
    engine.passes.listen(({ at, host, tookMs }) => {
      this.#host = hostPoint(at, host);
      if (tookMs !== null) this.#counts.observe('babysit_sampling_pass_seconds', tookMs / 1000);
    });
  }

  /** Runs a submission, and counts its refusal. */
  submitting<T>(submit: () => T): T {
    try {
      return submit();
    } catch (error) {
      if (error instanceof BabysitError) this.#countDenial(error);
      throw error;
    }
  }

  /** `status`: of now. */
  async text(status: LiveStatus): Promise<string> {
    const { user, system } = process.cpuUsage();
    const cpuSeconds = (user + system) / 1e6;
    this.#counts.count('babysit_daemon_cpu_seconds_total', {}, cpuSeconds - this.#cpuSeconds);
    this.#cpuSeconds = cpuSeconds;
    const busy = performance.eventLoopUtilization(this.#busy).utilization;
    this.#busy = performance.eventLoopUtilization();
    return metricsText(this.#counts, readingsOf(status, this.#host, busy));
  }

  #countDenial({ code, extra }: BabysitError): void {
    const error = DENIALS.find((known) => known === code);
    if (error === undefined) return;
    const { dim: dims } = METRICS.babysit_denials_total.labels;
    const dim = extra.dim === undefined ? 'none' : (dims.find((known) => known === extra.dim) ?? OTHER);
    this.#counts.count('babysit_denials_total', { error, dim });
  }

  #count(event: RecordedEvent): void {
    const counts = this.#counts;
    switch (event.event) {
      case 'submitted': {
        const outcome = event.forced ? 'forced' : event.queued ? 'queued' : 'started';
        counts.count('babysit_admissions_total', { outcome });
        break;
      }
      case 'started': {
        counts.count('babysit_starts_total', {});
        const submittedAt = this.#engine.live.get(event.taskId)?.submittedAt;
        if (event.attempt === 1 && submittedAt !== undefined)
          counts.observe('babysit_queue_wait_seconds', Math.max(0, event.at - submittedAt) / 1000);
        break;
      }
      case 'retrying':
        counts.count('babysit_retries_total', {});
        break;
      case 'kill_requested':
        counts.count('babysit_kills_total', { reason: event.reason });
        break;
      case 'held':
      case 'throttled':
        counts.count('babysit_watchdog_limits_total', { kind: event.event });
        break;
      case 'ended':
        counts.count('babysit_ends_total', { status: event.status });
        break;
      default:
    }
  }
}

function readingsOf(status: LiveStatus, host: HostPoint | null, busy: number): Readings {
  const { capacity, tasks, daemon, pressure } = status;
  const { mem_total_bytes, mem_available_bytes, cores, stalled } = status.host;
  const secondsShort = (dim: 'mem' | 'disk') => pressure.find((one) => one.dim === dim)?.lasted_s ?? 0;
  return {
    babysit_tasks: by('state', { running: tasks.running, paused: tasks.paused, pending: tasks.pending }),
    babysit_tickets: one(tasks.tickets),
    babysit_leases: one(status.leases.length),
    babysit_start_holds: one(status.holds.length),
    babysit_host_memory_bytes: by('kind', {
      total: mem_total_bytes,
      available: mem_available_bytes,
      reserve: host?.mem_reserve_bytes,
      ours: host?.mem_ours_bytes,
      outside: host?.mem_outside_bytes,
    }),
    babysit_host_cpu_cores: by('kind', {
      total: cores,
      used: host?.cpu_cores,
      ours: host?.cpu_ours_cores,
      outside: host?.cpu_outside_cores,
    }),
    babysit_host_stalled_ratio: by('resource', {
      memory: ratio(stalled.memory_full_pct),
      cpu: ratio(stalled.cpu_some_pct),
      io: ratio(stalled.io_full_pct),
    }),
    babysit_host_disk_free_bytes: one(host?.disk_free_bytes),
    babysit_pressure_seconds: by('dim', { mem: secondsShort('mem'), disk: secondsShort('disk') }),
    babysit_ledger_memory_bytes: by('kind', {
      limit: capacity.mem_limit_bytes,
      outside: capacity.mem_outside_bytes,
      running: capacity.mem_running_bytes,
      pending: capacity.mem_pending_bytes,
      leased: capacity.mem_leased_bytes,
      available: capacity.mem_available_bytes,
    }),
    babysit_ledger_cpu_cores: by('kind', {
      limit: capacity.cpu_limit_cores,
      outside: capacity.cpu_outside_cores,
      reserved: capacity.cpu_reserved_cores,
      available: capacity.cpu_available_cores,
    }),
    babysit_daemon_info: [{ labels: { version: daemon.version, driver: daemon.driver }, value: 1 }],
    babysit_daemon_start_time_seconds: one(Date.parse(daemon.started_at) / 1000),
    babysit_daemon_resident_memory_bytes: one(process.memoryUsage.rss()),
    babysit_daemon_loop_busy_ratio: one(busy),
    babysit_daemon_notices: one(status.notices.length),
  };
}

type Known = number | null | undefined;

const ratio = (pct: number | null): number | null => (pct === null ? null : pct / 100);

/** Leaves out what is not known. */
function one(value: Known): Value[] {
  return value == null ? [] : [{ labels: {}, value }];
}

function by(label: string, values: Readonly<Record<string, Known>>): Value[] {
  return Object.entries(values).flatMap(([kind, value]) =>
    value == null ? [] : [{ labels: { [label]: kind }, value }],
  );
}
