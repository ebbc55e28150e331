// What a command inherits from its parent process apart from its environment: babysit takes it from the caller.

/** The names of setrlimit(2) in lower case, without RLIMIT_. */
export const RLIMITS = [
  'cpu',
  'fsize',
  'data',
  'stack',
  'core',
  'rss',
  'nproc',
  'nofile',
  'memlock',
  'as',
  'locks',
  'sigpending',
  'msgqueue',
  'nice',
  'rtprio',
  'rttime',
] as const;
export type Rlimit = (typeof RLIMITS)[number];

/** The soft and the hard limit: a whole number in the unit of setrlimit(2), or `unlimited`. */
export type Rlimits = Readonly<Partial<Record<Rlimit, readonly [soft: string, hard: string]>>>;

/** Signals that a process may pass on as ignored, as nohup does. */
export const IGNORABLE = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGXCPU',
  'SIGXFSZ',
] as const;
export type Ignorable = (typeof IGNORABLE)[number];

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}
export const DEFAULT_TERMINAL: TerminalSize = { columns: 80, rows: 24 };

export interface Inherited {
  /** The limits that are not given are those of the daemon. */
  readonly rlimits: Rlimits;
  /** CPU list, such as `0-3,8`; null: the CPUs of the daemon. */
  readonly cpus: string | null;
  /** The terminal of the caller; null: none. */
  readonly terminal: TerminalSize | null;
  /** Absent: none. */
  readonly ignored?: readonly Ignorable[] | undefined;
}
export const INHERITS_NOTHING: Inherited = { rlimits: {}, cpus: null, terminal: null };
