// Limits the submission rate of each owner with a token bucket (RFC 2697) that allows bursts.
const BURST_S = 10;
const MAX_OWNERS = 10_000;

interface Bucket {
  tokens: number;
  monoMs: number;
}

export class SubmissionRate {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  /** 0 means no limit. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Takes one token and returns 0, or returns the ms until one is available. */
  take(owner: string, monoMs: number): number {
    if (this.#perSecond === 0) return 0;
    const depth = this.#perSecond * BURST_S;
    const bucket = this.#buckets.get(owner) ?? { tokens: depth, monoMs };
    const filled = ((monoMs - bucket.monoMs) / 1000) * this.#perSecond;
    bucket.tokens = Math.min(depth, bucket.tokens + filled);
    bucket.monoMs = monoMs;
    // Evict the least recently used bucket: its owner gets a full one again.
    this.#buckets.delete(owner);
    this.#buckets.set(owner, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_OWNERS && oldest !== undefined) this.#buckets.delete(oldest);
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / this.#perSecond) * 1000);
    bucket.tokens -= 1;
    return 0;
  }
}
