// The fields of a request, one row each. Flags, JSON bodies, schemas, MCP inputs and suggested commands derive from it.
import { MAX_PRIORITY, MIN_PRIORITY, RETRY_CAUSES } from '../core/task.ts';

export type Verb = 'run' | 'adjust' | 'wait_for_capacity';

export interface FieldRow {
  /** Property of the parsed request; its unit comes last. */
  readonly as: string;
  readonly type: FieldType;
  /** Placeholder of the value in the help. */
  readonly value?: string;
  readonly aliases?: readonly string[];
  /** Limits, both included: of the number, the length of the text, the count of the list, the bytes of the JSON. */
  readonly min?: number;
  readonly max?: number;
  /** The values that are allowed, in the order of the help. */
  readonly choices?: readonly string[];
  /** Default as the help shows it. */
  readonly default?: string;
  /** Setting that holds the default. A switch with a setting is null when it is not given, others are false. */
  readonly config?: string;
  readonly required?: true;
  /** Fields that cannot be given together with this one. */
  readonly excludes?: readonly string[];
  /** `line`: only inside the lines of a batch, not beside it. `never`: not in a batch at all. */
  readonly batch?: 'line' | 'never';
  /** Help of the MCP tools where it differs from that of the flag. False: the tools do not offer the field. */
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
    help: { run: 'name of the task, unique among live tasks' },
  },
  command: {
    as: 'line',
    type: 'line',
    value: 'LINE',
    excludes: ['argv'],
    batch: 'line',
    help: { run: 'one shell string, run by bash -c' },
  },
  argv: {
    as: 'argv',
    type: 'argv',
    value: 'PROGRAM ARG...',
    batch: 'line',
    help: { run: 'program and arguments, instead of command; no shell' },
  },
  estimated_time: {
    as: 'timeMs',
    type: 'duration',
    value: 'DURATION',
    default: '10m',
    config: 'defaults.estimated_time',
    help: {
      run: 'how long it should take',
      adjust: 'new estimate; a default kill timeout follows it',
      wait_for_capacity: 'how long the room will be used',
    },
  },
  estimated_mem_bytes: {
    as: 'memBytes',
    type: 'size',
    value: 'SIZE',
    default: '4G, less on small hosts',
    config: 'defaults.estimated_mem_bytes',
    help: { run: 'how much memory it should need', adjust: 'new estimate; the cap follows it (3 x)' },
  },
  estimated_cpu_cores: {
    as: 'cpuCores',
    type: 'cores',
    value: 'N',
    default: '4, less on small hosts',
    config: 'defaults.estimated_cpu_cores',
    help: { run: 'how many cores it should keep busy', adjust: 'new estimate; the cap follows it (3 x)' },
  },
  kill_timeout: {
    as: 'killTimeoutMs',
    type: 'duration',
    value: 'DURATION',
    aliases: ['timeout'],
    default: '2 x estimated_time',
    help: { run: 'killed after it', adjust: 'killed after it, from its start' },
  },
  observability_interval: {
    as: 'observabilityMs',
    type: 'duration_or_off',
    value: 'DURATION',
    default: '5m',
    config: 'defaults.observability_interval',
    help: { run: 'killed when silent for so long; 0 = never' },
  },
  observability: {
    as: 'observability',
    type: 'choice',
    choices: ['any', 'strict'],
    default: 'any',
    help: { run: 'strict: output that only repeats itself counts as silence' },
  },
  mem_pct_limit: {
    as: 'memPctLimit',
    type: 'percent',
    value: 'PERCENT',
    default: '40',
    config: 'defaults.mem_pct_limit',
    help: { run: "most of the host's memory it may use" },
  },
  cpu_pct_limit: {
    as: 'cpuPctLimit',
    type: 'percent',
    value: 'PERCENT',
    default: '90',
    config: 'defaults.cpu_pct_limit',
    help: { run: "most of the host's cores it may use" },
  },
  cwd: {
    as: 'cwd',
    type: 'path',
    value: 'DIR',
    default: 'here',
    mcp: 'directory (default: that of this server)',
    help: { run: 'where to run it' },
  },
  env: {
    as: 'env',
    type: 'env',
    value: 'K=V',
    mcp: 'variables over the environment of this server',
    help: { run: 'set over the environment of the caller; may be repeated' },
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
      wait_for_capacity: 'owner of the room (default: CLAUDE_CODE_SESSION_ID, else the project)',
    },
  },
  queue: {
    as: 'queue',
    type: 'switch',
    mcp: 'wait in the queue when there is no room, instead of the error capacity_exceeded',
    help: { run: 'wait in the queue when there is no room, instead of exit 2' },
  },
  force: {
    as: 'force',
    type: 'switch',
    help: {
      run: 'skip the check for room (never the caps)',
      adjust: 'skip the check for room (never the caps)',
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
      run: 'higher goes first in the queue, -100 to 100',
      adjust: 'higher goes first, -100 to 100',
      wait_for_capacity: 'higher goes first, -100 to 100',
    },
  },
  after: {
    as: 'after',
    type: 'list',
    min: 1,
    value: 'NAME[,NAME]',
    aliases: ['after_ok'],
    excludes: ['after_any', 'force'],
    mcp: 'names: start when these have completed; fail when one does not',
    help: { run: 'start when these have completed; fail when one does not' },
  },
  after_any: {
    as: 'afterAny',
    type: 'list',
    min: 1,
    value: 'NAME[,NAME]',
    excludes: ['force'],
    mcp: 'names: start when these have ended, however',
    help: { run: 'start when these have ended, however' },
  },
  retries: {
    as: 'retries',
    type: 'whole',
    min: 0,
    max: 1000,
    value: 'N',
    default: '0',
    help: { run: 'attempts beyond the first' },
  },
  retry_on: {
    as: 'retryOn',
    type: 'list',
    min: 1,
    choices: RETRY_CAUSES,
    value: 'CAUSE[,CAUSE]',
    default: 'all',
    help: { run: `causes to try again after: ${RETRY_CAUSES.join(', ')}` },
  },
  retry_backoff: {
    as: 'retryBackoffMs',
    type: 'duration',
    value: 'DURATION',
    default: '5s',
    config: 'defaults.retry_backoff',
    help: { run: 'before the first repetition, doubling up to 5m' },
  },
  retry_raise_mem: {
    as: 'retryRaiseMem',
    type: 'switch',
    help: { run: 'after running out of memory, try again with the estimate raised to the measured need' },
  },
  key: {
    as: 'key',
    type: 'text',
    min: 1,
    max: 256,
    value: 'KEY',
    batch: 'line',
    help: { run: 'a second run with the same key in this project is the first one' },
  },
  context: {
    as: 'context',
    type: 'json',
    max: 64 * 1024,
    value: 'JSON',
    help: { run: 'kept with the task and handed back in status' },
  },
  tag: {
    as: 'tags',
    type: 'list',
    value: 'TAG[,TAG]',
    mcp: 'for list',
    help: { run: 'for babysit list --tag' },
  },
  requeue: {
    as: 'requeue',
    type: 'switch',
    help: { run: 'run again after a restart of the host, instead of ending interrupted' },
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
    help: { run: 'in the lowest CPU and IO class: runs only when the host is otherwise idle' },
  },
  pty: {
    as: 'pty',
    type: 'switch',
    help: { run: 'in a terminal of its own, for programs that hold their output back in a pipe' },
  },
  driver: {
    as: 'driver',
    type: 'choice',
    choices: ['auto', 'systemd'],
    default: 'config envelope.driver',
    config: 'envelope.driver',
    help: { run: 'systemd: as a transient unit in babysit.slice, for systemctl and journalctl' },
  },
  journal: {
    as: 'journal',
    type: 'switch',
    config: 'log.journal',
    help: { run: "write the output also to systemd's journal, under the task's name, where there is one" },
  },
  lease: {
    as: 'lease',
    type: 'text',
    min: 1,
    max: 64,
    value: 'ID',
    batch: 'line',
    help: { run: 'use the room wait_for_capacity holds' },
  },
  wait: {
    as: 'wait',
    type: 'switch',
    batch: 'never',
    mcp: false,
    help: { run: 'then wait for its end, with the output and exit code of babysit wait' },
  },
  mem_bytes: {
    as: 'memBytes',
    type: 'size',
    value: 'SIZE',
    aliases: ['estimated_mem_bytes'],
    required: true,
    help: { wait_for_capacity: 'memory that has to be free' },
  },
  cpu_cores: {
    as: 'cpuCores',
    type: 'cores',
    value: 'N',
    aliases: ['estimated_cpu_cores'],
    required: true,
    help: { wait_for_capacity: 'cores that have to be free' },
  },
  lease_ttl: {
    as: 'leaseTtlMs',
    type: 'duration',
    max: 86_400_000,
    value: 'DURATION',
    default: '60s',
    config: 'defaults.lease_ttl',
    help: { wait_for_capacity: 'how long it is held for the run that follows' },
  },
} as const satisfies Readonly<Record<string, FieldRow>>;
