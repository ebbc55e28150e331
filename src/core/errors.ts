// The one table of errors: code <-> HTTP status <-> exit code <-> what it means <-> what to do.

export const EXIT = {
  ok: 0,
  failed: 1,
  denied: 2,
  usage: 64,
  unreachable: 69,
  tryAgain: 75,
  timeout: 124,
} as const;

interface ErrorRow {
  readonly http: number;
  readonly exit: (typeof EXIT)[keyof typeof EXIT];
  readonly title: string;
  readonly hint: string;
}

export const ERRORS = {
  usage: {
    http: 400,
    exit: EXIT.usage,
    title: 'The request is not valid.',
    hint: 'Run the command with --help for its flags and an example.',
  },
  bad_cwd: {
    http: 400,
    exit: EXIT.usage,
    title: 'The working directory cannot be used.',
    hint: 'Pass --cwd with an existing directory you may enter.',
  },
  infeasible: {
    http: 422,
    exit: EXIT.failed,
    title: 'The estimate can never be met on this host.',
    hint: 'Lower the estimate or raise the limit that is named.',
  },
  no_systemd: {
    http: 422,
    exit: EXIT.failed,
    title: 'The task is to be a unit of systemd, and the daemon cannot start one here.',
    hint: 'Leave --driver=systemd out; babysit doctor says what is missing for it.',
  },
  capacity_exceeded: {
    http: 429,
    exit: EXIT.denied,
    title: 'There is no room for this task now.',
    hint: 'Add --queue to have it started as soon as there is room, or wait for one of the tasks in blocked_by.',
  },
  queue_full: {
    http: 429,
    exit: EXIT.tryAgain,
    title: 'The queue holds as many pending tasks as the config allows.',
    hint: 'Wait for tasks to end, kill some, or raise admission.max_pending.',
  },
  disk_full: {
    http: 507,
    exit: EXIT.tryAgain,
    title: 'The state directory has no room left, so nothing new is accepted.',
    hint: 'Free space on the disk that holds BABYSIT_HOME; running tasks go on.',
  },
  name_taken: {
    http: 409,
    exit: EXIT.failed,
    title: 'A live task has this name.',
    hint: 'Choose another --name, or kill or wait for the live one.',
  },
  dependency_cycle: {
    http: 400,
    exit: EXIT.usage,
    title: 'A task cannot come after itself.',
    hint: 'Name only tasks that were submitted before.',
  },
  rate_limited: {
    http: 429,
    exit: EXIT.tryAgain,
    title: 'This owner submits faster than the config allows.',
    hint: 'Submit more slowly, use one run --batch, or raise admission.max_submissions_per_second.',
  },
  lease_expired: {
    http: 410,
    exit: EXIT.tryAgain,
    title: 'The lease has lapsed or was used.',
    hint: 'Ask again with babysit wait_for_capacity.',
  },
  not_running: {
    http: 409,
    exit: EXIT.failed,
    title: 'The task is not in a state in which this can be done.',
    hint: 'babysit status NAME shows what it is doing.',
  },
  cap_below_use: {
    http: 409,
    exit: EXIT.failed,
    title: 'The new cap is below what the task uses now; the kernel would end it.',
    hint: 'Give an estimate whose cap (3 x) is above the use, or kill the task.',
  },
  not_found: {
    http: 404,
    exit: EXIT.failed,
    title: 'There is no such task.',
    hint: 'babysit list --all_projects --all shows every task with its id.',
  },
  ambiguous: {
    http: 409,
    exit: EXIT.failed,
    title: 'More than one task fits this reference.',
    hint: 'Use one of the ids in candidates.',
  },
  already_ended: {
    http: 409,
    exit: EXIT.failed,
    title: 'The task has ended already.',
    hint: 'babysit status NAME shows how it ended.',
  },
  no_log: {
    http: 404,
    exit: EXIT.failed,
    title: 'The task has no log yet.',
    hint: 'A pending task has no output; babysit status NAME says what it waits for.',
  },
  observe_only: {
    http: 403,
    exit: EXIT.failed,
    title: 'This socket can only look.',
    hint: 'What changes something or shows output goes through daemon.sock, from outside of the sandbox.',
  },
  route_not_found: {
    http: 404,
    exit: EXIT.failed,
    title: 'There is no such address.',
    hint: 'The daemon may be of another version: babysit daemon-restart.',
  },
  body_too_large: {
    http: 413,
    exit: EXIT.usage,
    title: 'The request is larger than the daemon accepts.',
    hint: 'Put long commands into a script and large environments into a file.',
  },
  daemon_unreachable: {
    http: 503,
    exit: EXIT.unreachable,
    title: 'The daemon does not answer.',
    hint: 'Start it with babysit daemon-start; its log is daemon.log in BABYSIT_HOME.',
  },
  daemon_stopping: {
    http: 503,
    exit: EXIT.tryAgain,
    title: 'The daemon is stopping.',
    hint: 'Try again in a moment.',
  },
  wait_timeout: {
    http: 408,
    exit: EXIT.timeout,
    title: 'The time given with --timeout is over; the task goes on.',
    hint: 'Wait again with babysit wait NAME.',
  },
  capacity_timeout: {
    http: 408,
    exit: EXIT.timeout,
    title: 'The time given with --timeout is over and there is no room yet.',
    hint: 'Wait again, ask for less, or submit with --queue and wait for the task.',
  },
  internal: {
    http: 500,
    exit: EXIT.failed,
    title: 'The daemon met an error of its own.',
    hint: 'Look into daemon.log in BABYSIT_HOME and report it.',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** Fields that travel with an error, in the form they are shown: snake_case, units last. */
export type ErrorExtra = Readonly<Record<string, unknown>>;

/** An expected refusal. `message` says what and where; the table says what it means and what to do. */
export class BabysitError extends Error {
  readonly code: ErrorCode;
  readonly extra: ErrorExtra;
  constructor(code: ErrorCode, message: string, extra: ErrorExtra = {}) {
    super(message);
    this.name = 'BabysitError';
    this.code = code;
    this.extra = extra;
  }
  get hint(): string {
    return typeof this.extra.hint === 'string' ? this.extra.hint : ERRORS[this.code].hint;
  }
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}
