// Finds the longest time that a call may wait without its own timeout: less than the time after which the client gives up.

/** Many clients give up a call after 60 s. */
export const DEFAULT_LIMIT_MS = 50_000;

/** The longest delay of a timer, 24 days. */
export const TIMER_MAX_MS = 2 ** 31 - 1;

/** Clients that request progress, but give up after a fixed time. Codex: `tool_timeout_sec`, 60 s. */
const FIXED_LIMIT: ReadonlySet<string> = new Set(['codex-mcp-client']);

/** The part of a client's time limit that a call uses. */
const MARGIN = 0.8;

/** For one connection. All times are in ms. */
export class WaitLimit {
  private learnedMs = TIMER_MAX_MS;
  private readonly configuredMs: number | null;

  /** `configuredMs`: the value of --wait_limit; null: not given. */
  constructor(configuredMs: number | null) {
    this.configuredMs = configuredMs;
  }

  /** `client`: its name in the initialize request. A client that requests progress waits as long as progress is reported. */
  of(client: string | undefined, requestsProgress: boolean): number {
    if (this.configuredMs !== null) return this.configuredMs;
    if (!requestsProgress || FIXED_LIMIT.has(client ?? '')) return DEFAULT_LIMIT_MS;
    return this.learnedMs;
  }

  /** A client that gave up after this time does so again. An earlier cancellation was the user's. */
  canceledAfter(ms: number): void {
    if (ms > DEFAULT_LIMIT_MS) this.learnedMs = Math.max(DEFAULT_LIMIT_MS, Math.floor(MARGIN * ms));
  }
}
