// Time as the core sees it: two readings handed in by the shell, never read here.

export interface Now {
  /** Milliseconds since the epoch; may jump. For what is stored and shown. */
  readonly wallMs: number;
  /** Milliseconds since some fixed point; never goes back. For every duration that leads to a decision. */
  readonly monoMs: number;
}

export interface Clock {
  now(): Now;
}
