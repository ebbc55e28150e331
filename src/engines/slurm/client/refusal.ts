// What the programs of Slurm say on standard error, as errors of babysit. Pure.
import { BabysitError, type ErrorCode } from '../../../core/errors.ts';

interface Row {
  readonly says: RegExp;
  readonly code: ErrorCode;
  readonly hint: string;
  /** Replaces the text of Slurm. */
  readonly message?: string;
}

const UNREACHABLE: readonly Row[] = [
  {
    says: /munge|auth_g_create|authentication (error|failed)|Invalid authentication/i,
    code: 'engine_unreachable',
    message: 'Slurm cannot authenticate this host: munged does not answer, or its key is another one',
    hint: 'Start munged on this host (systemctl start munge), and check that /etc/munge/munge.key is that of the cluster.',
  },
  {
    says: /Unable to contact slurm controller|Unable to establish|connect(ion)? (failure|refused|reset)|Broken pipe|timed? ?out|Unexpected message received|Zero Bytes were transmitted|slurmctld is in backup|Resource temporarily unavailable/i,
    code: 'engine_unreachable',
    message: 'The controller of Slurm (slurmctld) does not answer',
    hint: 'Run scontrol ping. Tasks keep their state, and jobs that run on the cluster keep running.',
  },
  {
    says: /cannot stat file|Unable to process configuration|Could not establish a configuration source|Configless|unable to open.*slurm\.conf/i,
    code: 'engine_unreachable',
    message: 'Slurm finds no usable slurm.conf on this host',
    hint: 'Set engine.slurm.conf to the path of slurm.conf, then run babysit doctor.',
  },
];

const REFUSED: readonly Row[] = [
  {
    says: /invalid partition/i,
    code: 'engine_refused',
    hint: 'Set engine.slurm.partition to one that sinfo lists, or to auto.',
  },
  {
    says: /partition not available/i,
    code: 'engine_refused',
    hint: 'The partition takes no jobs now. Wait, or set engine.slurm.partition to one that is up: sinfo --summarize lists them.',
  },
  {
    says: /not permitted to use this partition/i,
    code: 'engine_refused',
    hint: 'Set engine.slurm.partition to one that you may use: scontrol show partition lists AllowGroups.',
  },
  // Also where the partition does not allow the account.
  {
    says: /Invalid account/i,
    code: 'engine_refused',
    hint: 'Set engine.slurm.account to one of yours (sacctmgr show associations user=$USER) that the partition allows: scontrol show partition lists AllowAccounts.',
  },
  {
    says: /Invalid qos/i,
    code: 'engine_refused',
    hint: 'Set engine.slurm.qos to one that your account may use: sacctmgr show associations user=$USER.',
  },
  {
    says: /Invalid feature/i,
    code: 'engine_refused',
    hint: 'Set engine.slurm.constraint to features of the nodes: sinfo --Format=nodelist,features lists them.',
  },
  {
    says: /Invalid (license|generic resource)/i,
    code: 'infeasible',
    hint: 'The cluster has no such resource, or fewer of it: scontrol show licenses and sinfo --Format=nodelist,gres list them.',
  },
  {
    says: /reservation is invalid/i,
    code: 'engine_refused',
    hint: 'Change --reservation in engine.slurm.extra_flags to one that scontrol show reservations lists.',
  },
  {
    says: /Invalid node name/i,
    code: 'engine_refused',
    hint: 'Change --nodelist or --exclude in engine.slurm.extra_flags to nodes that sinfo --Node lists.',
  },
  // Before the next rows: Slurm adds the general sentence about policies.
  {
    says: /\b(Assoc|QOS)(Max|Grp)Submit\w*/i,
    code: 'queue_full',
    hint: 'Wait until jobs of your account end: it may not submit more (MaxSubmitJobs). sacctmgr show associations user=$USER and sacctmgr show qos list the limits.',
  },
  // Before the next row: it also speaks of time limits.
  {
    says: /violates accounting\/QOS policy|limit.* (reached|exceeded)/i,
    code: 'engine_refused',
    hint: 'Wait for other jobs of your account, or request less: sacctmgr show associations user=$USER lists its limits.',
  },
  {
    says: /time limit/i,
    code: 'infeasible',
    hint: 'Lower --kill_timeout or --estimated_time, or choose another engine.slurm.partition: sinfo --Format=partition,time lists their limits.',
  },
  {
    says: /Memory specification can not be satisfied|node configuration is not available|More processors requested|Node count specification|Requested partition configuration/i,
    code: 'infeasible',
    hint: 'Lower the estimate, or choose another engine.slurm.partition: sinfo --Format=partition,cpus,memory lists what their nodes have.',
  },
  {
    says: /job array specification/i,
    code: 'engine_refused',
    hint: 'Submit fewer tasks at once: the cluster limits the elements of an array (MaxArraySize).',
  },
  {
    says: /temporarily unable to accept job|MaxJobCount/i,
    code: 'queue_full',
    hint: 'Wait until jobs of the cluster end: its queue is full (MaxJobCount).',
  },
  {
    says: /unrecognized (option|--)|Invalid (option|numeric value|--)|ambiguous|allow an argument/i,
    code: 'engine_refused',
    hint: 'Correct the flag in engine.slurm.extra_flags, or remove it: this version of Slurm does not take it.',
  },
  {
    says: /Access\/permission denied|Invalid user/i,
    code: 'engine_refused',
    hint: 'Ask the administrator of the cluster: your account may not do this.',
  },
  {
    says: /already (completing|finished)|no longer pending|is pending execution|not suspended|not running|Invalid job id/i,
    code: 'not_running',
    hint: 'Run babysit status NAME to see its state. Memory and CPUs of a job can change only while it is pending.',
  },
];

/** Null when the program reached the controller. */
export function unreachableOf(
  program: string,
  {
    code,
    stdout,
    stderr,
  }: { readonly code: number | null; readonly stdout: string; readonly stderr: string },
): BabysitError | null {
  if (code === 0 && stdout !== '') return null;
  const row = UNREACHABLE.find(({ says }) => says.test(stderr));
  return row === undefined ? null : errorOf(row, program, stderr);
}

/** `stderr` of a program that failed. */
export function refusalOf(program: string, stderr: string): BabysitError {
  const row = REFUSED.find(({ says }) => says.test(stderr));
  return row === undefined
    ? new BabysitError('engine_refused', `${program}: ${cleanText(stderr) || 'failed without a message'}`)
    : errorOf(row, program, stderr);
}

function errorOf({ code, hint, message }: Row, program: string, stderr: string): BabysitError {
  const said = cleanText(stderr);
  return new BabysitError(code, message ?? `${program}: ${said}`, { hint, slurm_said: said });
}

const SAID_MAX_CHARS = 300;

/** `sbatch: error: X` of each line, without the prefix and without repetition. */
function cleanText(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^\s*\w+: (error: )?/, '').trim())
    .filter((line) => line !== '' && !/^Try "/.test(line));
  return [...new Set(lines)].join('; ').slice(0, SAID_MAX_CHARS);
}
