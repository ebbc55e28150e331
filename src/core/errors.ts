// The table of errors: code, HTTP status, exit code, meaning, and what to do next.

export const EXIT = {
  ok: 0,
  failed: 1,
  denied: 2,
  risk: 3,
  usage: 64,
  unreachable: 69,
  tryAgain: 75,
  timeout: 124,
  noOwnCode: 125,
} as const;

export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'success; `wait` and `run --wait`: every task completed',
  failed: 'the request failed; `wait` and `run --wait`: a task did not complete',
  denied: 'no room now, and nothing was queued (soft-deny)',
  risk: '`wait --until=risk`: a task exceeded an estimate or fell silent; it keeps running',
  usage: 'usage error',
  unreachable:
    'the daemon does not answer, or babysit cannot start: its set-up failed, or a hard limit of the shell is too low',
  tryAgain: 'try again later',
  timeout: '`--timeout` expired; the tasks keep running',
  noOwnCode:
    '`exec`: babysit itself failed; `--exit_code` and `log --follow`: the command has no exit code, because it never started or was lost',
};

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
    hint: 'Run the command with --help to see its flags and an example.',
  },
  output_failed: {
    http: 500,
    exit: EXIT.failed,
    title: 'The result cannot be written to standard output. The request was carried out.',
    hint: 'Make room on the disk of the output, or send it elsewhere, then read the result with babysit status or list.',
  },
  bad_cwd: {
    http: 400,
    exit: EXIT.usage,
    title: 'The working directory cannot be used.',
    hint: 'Pass --cwd with an existing directory that you may enter.',
  },
  infeasible: {
    http: 422,
    exit: EXIT.failed,
    title: 'The host or the cluster can never meet the estimate.',
    hint: 'Lower the estimate to would_fit, or raise the limit as raise says.',
  },
  no_systemd: {
    http: 422,
    exit: EXIT.failed,
    title: 'The daemon cannot start a systemd unit on this host.',
    hint: 'Run without --driver=systemd, or run babysit doctor to see what is missing.',
  },
  capacity_exceeded: {
    http: 429,
    exit: EXIT.denied,
    title: 'The host has no room for this task now.',
    hint: 'Add --queue to start it as soon as there is room, or wait for one of the tasks in blocked_by.',
  },
  queue_full: {
    http: 429,
    exit: EXIT.tryAgain,
    title: 'The queue is full.',
    hint: 'Wait for pending tasks to start, kill some, or raise the limit: babysit config show admission.max_pending shows it.',
  },
  disk_full: {
    http: 507,
    exit: EXIT.tryAgain,
    title: 'The disk with the state directory is full, so the daemon accepts no new task.',
    hint: 'Free space on the disk that holds BABYSIT_HOME. Running tasks keep running.',
  },
  disk_error: {
    http: 503,
    exit: EXIT.tryAgain,
    title: 'The disk with the state directory reported an error.',
    hint: 'Check the disk of BABYSIT_HOME: dmesg shows its errors. The request was not recorded.',
  },
  name_taken: {
    http: 409,
    exit: EXIT.failed,
    title: 'A live task already has this name.',
    hint: 'Run babysit wait NAME first, or choose another --name.',
  },
  dependency_cycle: {
    http: 400,
    exit: EXIT.usage,
    title: 'A task cannot depend on itself.',
    hint: 'Pass --after only tasks that are already submitted.',
  },
  rate_limited: {
    http: 429,
    exit: EXIT.tryAgain,
    title: 'This owner submits tasks faster than the config allows.',
    hint: 'Submit more slowly, submit one run --batch, or raise the limit: babysit config show admission.max_submissions_per_second shows it.',
  },
  lease_expired: {
    http: 410,
    exit: EXIT.tryAgain,
    title: 'The lease has expired or has been used.',
    hint: 'Run suggested_command, which queues the task, or get a new lease: babysit wait_for_capacity --help shows how.',
  },
  not_running: {
    http: 409,
    exit: EXIT.failed,
    title: 'The state of the task does not allow this.',
    hint: 'Run babysit status NAME to see its state.',
  },
  not_attachable: {
    http: 409,
    exit: EXIT.failed,
    title: 'No client can attach to this task.',
    hint: 'Follow its log: babysit log NAME --follow.',
  },
  no_stdin: {
    http: 409,
    exit: EXIT.failed,
    title: 'The task has no open standard input.',
    hint: 'Start the task with run --stdin, or with exec.',
  },
  cap_below_use: {
    http: 409,
    exit: EXIT.failed,
    title: 'The new memory cap is below the current use, so the kernel would kill the task.',
    hint: 'Pass an estimate whose cap (3 x the estimate) is above the use, or kill the task.',
  },
  cap_below_peak: {
    http: 409,
    exit: EXIT.failed,
    title: 'The memory cap is not above the known peak of the task, so the kernel would kill it again.',
    hint: 'Run suggested_command, which raises the estimate, or add --force when the task needs less memory now.',
  },
  not_found: {
    http: 404,
    exit: EXIT.failed,
    title: 'No task matches this reference.',
    hint: 'Run babysit list --all to see every task with its id.',
  },
  ambiguous: {
    http: 409,
    exit: EXIT.failed,
    title: 'More than one task matches this reference.',
    hint: 'Use one of the ids in candidates.',
  },
  not_held: {
    http: 404,
    exit: EXIT.failed,
    title: 'No hold has this scope.',
    hint: 'Run babysit status to see the holds in force.',
  },
  already_ended: {
    http: 409,
    exit: EXIT.failed,
    title: 'The task has already ended.',
    hint: 'Run babysit status NAME to see how it ended.',
  },
  no_log: {
    http: 404,
    exit: EXIT.failed,
    title: 'The task has no log yet.',
    hint: 'A pending task has no output. Run babysit status NAME to see what it waits for.',
  },
  operator_only: {
    http: 403,
    exit: EXIT.failed,
    title: 'An agent may not do this.',
    hint: 'Ask the user, who can allow it with the setting that the error names.',
  },
  foreign_site: {
    http: 403,
    exit: EXIT.failed,
    title: 'The dashboard answers only its own page.',
    hint: 'Open the address that babysit dashboard prints.',
  },
  wrong_token: {
    http: 401,
    exit: EXIT.failed,
    title: 'The token of the dashboard is missing, or is that of an earlier one.',
    hint: 'Run babysit dashboard and open the address that it prints.',
  },
  observe_only: {
    http: 403,
    exit: EXIT.failed,
    title: 'This socket is read-only and serves no logs.',
    hint: 'Send the request through daemon.sock, from outside the sandbox.',
  },
  route_not_found: {
    http: 404,
    exit: EXIT.failed,
    title: 'The daemon does not know this address.',
    hint: 'The daemon may run another version. Run babysit daemon-restart.',
  },
  body_too_large: {
    http: 413,
    exit: EXIT.usage,
    title: 'The request is larger than the daemon accepts.',
    hint: 'Put a long command into a script and a large environment into a file.',
  },
  headers_too_large: {
    http: 431,
    exit: EXIT.usage,
    title: 'The address and the headers of the request are larger than the daemon accepts.',
    hint: 'Shorten the reference, the filter or the headers: together they may have 16 KiB.',
  },
  request_timeout: {
    http: 408,
    exit: EXIT.tryAgain,
    title: 'The request did not arrive completely in time.',
    hint: 'Send the whole request at once.',
  },
  daemon_unreachable: {
    http: 503,
    exit: EXIT.unreachable,
    title: 'The daemon does not answer.',
    hint: 'Run babysit daemon-start. The log is daemon.log in BABYSIT_HOME.',
  },
  engine_unreachable: {
    http: 503,
    exit: EXIT.tryAgain,
    title: 'The engine does not answer. Tasks keep their state.',
    hint: 'Run babysit doctor to see what does not answer, then try again.',
  },
  engine_refused: {
    http: 422,
    exit: EXIT.failed,
    title: 'The engine refused the request.',
    hint: 'Run babysit doctor to see the partitions of the cluster and their limits.',
  },
  daemon_stopping: {
    http: 503,
    exit: EXIT.tryAgain,
    title: 'The daemon is stopping.',
    hint: 'Try again in a moment.',
  },
  home_lost: {
    http: 503,
    exit: EXIT.tryAgain,
    title: 'The state directory of the daemon was moved or deleted.',
    hint: 'The daemon ends with its running tasks. After that, move the directory back or set BABYSIT_HOME to its new place. For a deleted file, run babysit daemon-restart: tasks keep running.',
  },
  wait_timeout: {
    http: 408,
    exit: EXIT.timeout,
    title: 'The --timeout expired before the task ended. The task keeps running.',
    hint: 'Wait again with babysit wait NAME.',
  },
  capacity_timeout: {
    http: 408,
    exit: EXIT.timeout,
    title: 'The --timeout expired before there was room.',
    hint: 'Wait again, request less, or submit with --queue and wait for the task.',
  },
  internal: {
    http: 500,
    exit: EXIT.failed,
    title: 'Internal error in the daemon.',
    hint: 'Read daemon.log in BABYSIT_HOME and report the error.',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** Fields sent with an error, as shown: snake_case, the unit last. */
export type ErrorExtra = Readonly<Record<string, unknown>>;

/**
 * An expected error. `message` says what is wrong with which input; `extra.hint` replaces the table's hint, whose NAME
 * becomes `extra.name`: a command in a hint works when it is pasted.
 */
export class BabysitError extends Error {
  readonly code: ErrorCode;
  readonly extra: ErrorExtra;
  /** The bundle of a command that is loaded late, such as top, has a class of its own. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'BabysitError';
  }
  constructor(code: ErrorCode, message: string, extra: ErrorExtra = {}) {
    super(message);
    this.name = 'BabysitError';
    this.code = code;
    this.extra = extra;
  }
  get hint(): string {
    const { hint, name } = this.extra;
    if (typeof hint === 'string') return hint;
    const { hint: general } = ERRORS[this.code];
    return typeof name === 'string' ? general.replace('NAME', () => name) : general;
  }
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}
