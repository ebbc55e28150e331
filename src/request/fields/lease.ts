// Fields of a request for a lease: wait_for_capacity.
import type { FieldRow } from '../field-row.ts';

export const LEASE_FIELDS = {
  mem_bytes: {
    as: 'memBytes',
    type: 'size',
    value: 'SIZE',
    aliases: ['estimated_mem_bytes'],
    default: 'that of a run without an estimate',
    config: 'defaults.estimated_mem_bytes',
    help: { wait_for_capacity: 'memory to wait for' },
  },
  cpu_cores: {
    as: 'cpuCores',
    type: 'cores',
    value: 'N',
    aliases: ['estimated_cpu_cores'],
    default: 'those of a run without an estimate',
    config: 'defaults.estimated_cpu_cores',
    help: { wait_for_capacity: 'CPU cores to wait for' },
  },
  lease_ttl: {
    as: 'leaseTtlMs',
    type: 'duration',
    max: 86_400_000,
    value: 'DURATION',
    default: '60s',
    config: 'defaults.lease_ttl',
    help: { wait_for_capacity: 'time that the lease is held for the next run' },
  },
} as const satisfies Readonly<Record<string, FieldRow>>;
