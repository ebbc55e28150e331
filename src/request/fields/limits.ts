// Fields of a request that estimate a task, limit it and say when it is killed.
import type { FieldRow } from '../field-row.ts';

export const LIMIT_FIELDS = {
  estimated_time: {
    as: 'timeMs',
    type: 'duration',
    value: 'DURATION',
    default: '10m',
    config: 'defaults.estimated_time',
    help: {
      run: 'expected running time',
      adjust: 'new estimate; a default kill timeout changes with it',
      wait_for_capacity: 'expected time of use',
      retry: 'new estimate; a default kill timeout changes with it',
    },
  },
  estimated_mem_bytes: {
    as: 'memBytes',
    type: 'size',
    value: 'SIZE',
    default: '4G, at most a third of what tasks may use',
    config: 'defaults.estimated_mem_bytes',
    help: {
      run: 'expected peak of memory',
      adjust: 'new estimate; sets the cap to 3 x',
      retry: 'new estimate; sets the cap to 3 x',
    },
  },
  estimated_cpu_cores: {
    as: 'cpuCores',
    type: 'cores',
    value: 'N',
    default: '4, at most half of the cores',
    config: 'defaults.estimated_cpu_cores',
    help: {
      run: 'expected use of CPU cores',
      adjust: 'new estimate; sets the cap to 3 x',
      retry: 'new estimate; sets the cap to 3 x',
    },
  },
  kill_timeout: {
    as: 'killTimeoutMs',
    type: 'duration',
    value: 'DURATION',
    aliases: ['timeout'],
    default: '2 x estimated_time',
    help: {
      run: 'kill after this running time',
      adjust: 'kill after this running time since the start',
      retry: 'kill after this running time',
    },
  },
  observability_interval: {
    as: 'observabilityMs',
    type: 'duration_or_off',
    value: 'DURATION',
    default: '5m',
    config: 'defaults.observability_interval',
    help: {
      run: 'kill after this time without output; 0 = never',
      adjust: 'kill after this time without output; 0 = never',
      retry: 'kill after this time without output; 0 = never',
    },
  },
  observability: {
    as: 'observability',
    type: 'choice',
    choices: ['any', 'strict'],
    default: 'any',
    help: {
      run: 'strict: repeated lines do not count as output',
      adjust: 'strict: repeated lines do not count as output',
      retry: 'strict: repeated lines do not count as output',
    },
  },
  observe: {
    as: 'observe',
    type: 'list',
    min: 1,
    value: 'FILE[,FILE]',
    help: {
      run: 'a growing FILE counts as output, for a job that logs into files; repeatable; * ? [...] match',
      adjust: 'files whose growth counts as output, in the place of the earlier ones',
      retry: 'files whose growth counts as output, in the place of the earlier ones',
    },
  },
  mem_pct_limit: {
    as: 'memPctLimit',
    type: 'percent',
    value: 'PERCENT',
    default: '40',
    config: 'defaults.mem_pct_limit',
    help: {
      run: "largest share of the host's memory that the task may use",
      adjust: "largest share of the host's memory that the task may use",
      retry: "largest share of the host's memory that the task may use",
    },
  },
  cpu_pct_limit: {
    as: 'cpuPctLimit',
    type: 'percent',
    value: 'PERCENT',
    default: '90',
    config: 'defaults.cpu_pct_limit',
    help: {
      run: "largest share of the host's cores that the task may use",
      adjust: "largest share of the host's cores that the task may use",
      retry: "largest share of the host's cores that the task may use",
    },
  },
  stop: {
    as: 'stop',
    type: 'choice',
    choices: ['signal', 'file'],
    default: 'signal',
    config: 'defaults.stop',
    help: { run: 'file: a kill first gives the task 60 s with only the stop file, then SIGTERM' },
  },
} as const satisfies Readonly<Record<string, FieldRow>>;
