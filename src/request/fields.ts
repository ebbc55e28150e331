// Defines the fields of a request, one row each. Flags, JSON bodies, schemas, MCP inputs and suggested commands derive from
// this table.
import { MAX_PRIORITY, MIN_PRIORITY, RETRY_CAUSES } from '../core/task.ts';

export type Verb = 'run' | 'adjust' | 'retry' | 'wait_for_capacity';

export interface FieldRow {
  /** Property of the parsed request; ends with its unit. */
  readonly as: string;
  readonly type: FieldType;
  /** Placeholder of the value in the help. */
  readonly value?: string;
  readonly aliases?: readonly string[];
  /** Inclusive limits of the number, the length of the text, the count of the list, or the bytes of the JSON. */
  readonly min?: number;
  readonly max?: number;
  /** The allowed values, in the order of the help. */
  readonly choices?: readonly string[];
  /** Default as the help shows it. */
  readonly default?: string;
  /** Setting that holds the default. An absent switch is null if it has a setting, otherwise false. */
  readonly config?: string;
  readonly required?: true;
  /** Fields that cannot be given together with this one. */
  readonly excludes?: readonly string[];
  /** `line`: only in the lines of a batch, not as a flag of the batch. `never`: not in a batch. */
  readonly batch?: 'line' | 'never';
  /** Help of the MCP tools where it differs from the help of the flag. False: the tools do not offer the field. */
  readonly mcp?: string | false;
  /** One line for each verb that takes the field. */
  readonly help: { readonly [V in Verb]?: string };
}

export type FieldType =
  | 'duration'
  | 'duration_or_off'
  | 'size'
  | 'cores'
  | 'percent'
  | 'whole'
  | 'text'
  | 'name'
  | 'path'
  | 'line'
  | 'argv'
  | 'list'
  | 'choice'
  | 'switch'
  | 'json'
  | 'env';

export const FIELDS = {
  name: {
    as: 'name',
    type: 'name',
    value: 'NAME',
    default: 'made from the command',
    batch: 'line',
    help: { run: 'name of the task, unique among live tasks of the project' },
  },
  command: {
    as: 'line',
    type: 'line',
    value: 'LINE',
    excludes: ['argv'],
    batch: 'line',
    help: {
      run: 'command as one shell string, run by bash -c',
      retry: 'run this command instead, one shell string',
    },
  },
  argv: {
    as: 'argv',
    type: 'argv',
    value: 'PROGRAM ARG...',
    batch: 'line',
    help: { run: 'command as a program and its arguments, run without a shell' },
  },
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
  cwd: {
    as: 'cwd',
    type: 'path',
    value: 'DIR',
    default: 'the current directory',
    mcp: 'directory of the command (default: that of this server)',
    help: { run: 'directory of the command' },
  },
  env: {
    as: 'env',
    type: 'env',
    value: 'K=V',
    mcp: 'variables that override the environment of this server',
    help: {
      run: 'variable that overrides the environment of the caller; repeatable',
      retry: 'variable that changes in the environment of the task; repeatable',
    },
  },
  owner: {
    as: 'owner',
    type: 'text',
    min: 1,
    max: 256,
    value: 'NAME',
    mcp: false,
    help: {
      run: 'owner of the task (default: CLAUDE_CODE_SESSION_ID)',
      wait_for_capacity: 'owner of the lease (default: CLAUDE_CODE_SESSION_ID, else the project)',
    },
  },
  queue: {
    as: 'queue',
    type: 'switch',
    mcp: 'wait in the queue for capacity, instead of the error capacity_exceeded',
    help: {
      run: 'wait in the queue for capacity, instead of exit 2',
      retry: 'wait in the queue for capacity, as a retry always does',
    },
  },
  force: {
    as: 'force',
    type: 'switch',
    help: {
      run: 'skip the capacity check; the caps still apply',
      adjust: 'skip the capacity check; the caps still apply',
      retry: 'retry also with a memory cap below the known peak',
    },
  },
  priority: {
    as: 'priority',
    type: 'whole',
    min: MIN_PRIORITY,
    max: MAX_PRIORITY,
    value: 'N',
    default: '0',
    help: {
      run: 'place in the queue, -100 to 100; a higher number starts first',
      adjust: 'place in the queue, -100 to 100; a higher number starts first',
      wait_for_capacity: 'place in the queue, -100 to 100; a higher number starts first',
      retry: 'place in the queue, -100 to 100; a higher number starts first',
    },
  },
  after: {
    as: 'after',
    type: 'list',
    min: 1,
    value: 'NAME[,NAME]',
    aliases: ['after_ok'],
    excludes: ['after_any', 'force'],
    mcp: 'names: start when all of these tasks have completed; fail when one ends otherwise',
    help: { run: 'start when all of these tasks have completed; fail when one ends otherwise' },
  },
  after_any: {
    as: 'afterAny',
    type: 'list',
    min: 1,
    value: 'NAME[,NAME]',
    excludes: ['force'],
    mcp: 'names: start when all of these tasks have ended, with any status',
    help: { run: 'start when all of these tasks have ended, with any status' },
  },
  retries: {
    as: 'retries',
    type: 'whole',
    min: 0,
    max: 1000,
    value: 'N',
    default: '0',
    help: { run: 'attempts after the first' },
  },
  retry_on: {
    as: 'retryOn',
    type: 'list',
    min: 1,
    choices: RETRY_CAUSES,
    value: 'CAUSE[,CAUSE]',
    default: 'all',
    help: { run: `causes that start another attempt: ${RETRY_CAUSES.join(', ')}` },
  },
  retry_backoff: {
    as: 'retryBackoffMs',
    type: 'duration',
    value: 'DURATION',
    default: '5s',
    config: 'defaults.retry_backoff',
    help: { run: 'delay before the first retry; doubles with each, up to 5m' },
  },
  retry_raise_mem: {
    as: 'retryRaiseMem',
    type: 'switch',
    help: { run: 'after an out-of-memory failure, raise the estimate to the measured need' },
  },
  key: {
    as: 'key',
    type: 'text',
    min: 1,
    max: 256,
    value: 'KEY',
    batch: 'line',
    help: { run: 'deduplicate: a second run with this key in the project returns the first task' },
  },
  context: {
    as: 'context',
    type: 'json',
    max: 64 * 1024,
    value: 'JSON',
    help: { run: 'data to store with the task; status returns it' },
  },
  tag: {
    as: 'tags',
    type: 'list',
    value: 'TAG[,TAG]',
    mcp: 'tags that list can filter by',
    help: { run: 'tags that babysit list --tag can filter by' },
  },
  requeue: {
    as: 'requeue',
    type: 'switch',
    help: { run: 'run again after a restart of the host, instead of ending as interrupted' },
  },
  nice: {
    as: 'nice',
    type: 'whole',
    min: 0,
    max: 19,
    value: 'N',
    default: '10; below that only as root',
    config: 'envelope.nice',
    help: { run: 'niceness, 0 to 19' },
  },
  background: {
    as: 'background',
    type: 'switch',
    help: { run: 'use the idle classes of CPU and I/O: run only when the host is otherwise idle' },
  },
  pty: {
    as: 'pty',
    type: 'switch',
    help: { run: 'use a terminal, for programs that buffer their output in a pipe' },
  },
  driver: {
    as: 'driver',
    type: 'choice',
    choices: ['auto', 'systemd'],
    default: 'setting envelope.driver',
    config: 'envelope.driver',
    help: { run: 'systemd: run as a transient unit in babysit.slice, for systemctl and journalctl' },
  },
  journal: {
    as: 'journal',
    type: 'switch',
    config: 'log.journal',
    help: { run: "also write the output to systemd's journal, under the name of the task" },
  },
  lease: {
    as: 'lease',
    type: 'text',
    min: 1,
    max: 64,
    value: 'ID',
    batch: 'line',
    help: { run: 'use the capacity of this lease from wait_for_capacity' },
  },
  wait: {
    as: 'wait',
    type: 'switch',
    batch: 'never',
    mcp: false,
    help: { run: 'wait for the end of the task, with the output and exit code of babysit wait' },
  },
  mem_bytes: {
    as: 'memBytes',
    type: 'size',
    value: 'SIZE',
    aliases: ['estimated_mem_bytes'],
    required: true,
    help: { wait_for_capacity: 'memory to wait for' },
  },
  cpu_cores: {
    as: 'cpuCores',
    type: 'cores',
    value: 'N',
    aliases: ['estimated_cpu_cores'],
    required: true,
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
