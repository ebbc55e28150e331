// Time in the core: the caller passes both clock readings in; the core reads no clock.

export interface Now {
  /** Milliseconds since the epoch; may jump. For stored and displayed times. */
  readonly wallMs: number;
  /** Milliseconds of CLOCK_MONOTONIC; never goes back. For every duration that leads to a decision. */
  readonly monoMs: number;
}

export interface Clock {
  now(): Now;
}
