// What a pending job waits for, in the words of babysit. Pure.

const UNAVAILABLE = 'nodes that are down, drained or reserved (sinfo --list-reasons)';

/** The reasons of squeue(1), section JOB REASON CODES. */
const TEXTS: Readonly<Record<string, string>> = {
  None: 'the next pass of the scheduler',
  Resources: 'free nodes',
  Priority: 'jobs with a higher priority',
  Dependency: 'jobs that it depends on',
  DependencyNeverSatisfied: 'a dependency that can no longer be met',
  BeginTime: 'its earliest start time',
  JobHeldUser: 'a release: the job is held (scontrol release)',
  JobHeldAdmin: 'a release by an administrator: the job is held',
  JobArrayTaskLimit: 'other elements of its array',
  Licenses: 'a free license',
  Cleaning: 'the end of its earlier run',
  PartitionDown: 'the partition, which is down',
  PartitionInactive: 'the partition, which starts no jobs now',
  PartitionNodeLimit: 'a partition that allows as many nodes',
  PartitionTimeLimit:
    'a partition that allows its time limit: lower it (babysit adjust --kill_timeout), or choose another partition',
  PartitionConfig:
    'a partition that allows what it asks for: lower its estimates (babysit adjust), or choose another partition',
  MaxMemPerLimit:
    'a partition that allows its memory: lower it (babysit adjust), or choose another partition',
  ReqNodeNotAvail: UNAVAILABLE,
  'Nodes required for job are DOWN': UNAVAILABLE,
  NodeDown: 'a node that is down',
  Reservation: 'its reservation to begin',
  ReservationDeleted: 'a reservation that was deleted',
  BadConstraints: 'nodes that the cluster does not have: lower its estimates (babysit adjust)',
  FrontEndDown: 'a front end that is down',
  InvalidAccount: 'a valid account',
  InvalidQOS: 'a valid QOS',
  AccountNotAllowed: 'a partition that allows its account',
  QOSNotAllowed: 'a partition that allows its QOS',
  BurstBufferResources: 'room in the burst buffer',
  BurstBufferStageIn: 'its data to be staged in',
  Prolog: 'the prolog on its node',
  SystemFailure: 'the cluster, which reported a failure',
};

/** Of an account or a QOS, such as `QOSMaxJobsPerUserLimit`. */
const LIMIT = /^(Assoc|QOS|MaxJobs|MaxMem|MaxNode|AssocGrp|QOSGrp)\w*$/;

/**
 * `reason` may carry a list: `ReqNodeNotAvail, UnavailableNodes:n1`, or be a sentence: `Nodes required for job are DOWN, DRAINED
 * or reserved …`. An unknown one is passed on as it is.
 */
export function waitingText(reason: string): string {
  const said = reason.replace(/^\((.*)\)$/, '$1');
  const [word = '', rest = ''] = said.split(/,\s*/, 2);
  const unknown = word.includes(' ') ? said : word;
  const known = Object.hasOwn(TEXTS, word) ? TEXTS[word] : undefined;
  const text =
    known ?? (LIMIT.test(word) ? `a limit of the account or QOS (${word})` : unknown || TEXTS.None || '');
  const nodes = /^UnavailableNodes:(\S+)/.exec(rest)?.[1];
  return nodes === undefined ? text : `${text}: ${nodes}`;
}
