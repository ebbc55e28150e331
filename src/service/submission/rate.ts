// How fast each owner may submit: a token bucket (as in RFC 2697), filled at the rate, deep enough for a burst.
const BURST_S = 10;
const MAX_OWNERS = 10_000;

interface Bucket {
  tokens: number;
  monoMs: number;
}

export class SubmissionRate {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  /** 0: no limit. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Takes one token. Milliseconds until there is one, 0 when it was taken. */
  take(owner: string, monoMs: number): number {
    if (this.#perSecond === 0) return 0;
    const depth = this.#perSecond * BURST_S;
    const bucket = this.#buckets.get(owner) ?? { tokens: depth, monoMs };
    const filled = ((monoMs - bucket.monoMs) / 1000) * this.#perSecond;
    bucket.tokens = Math.min(depth, bucket.tokens + filled);
    bucket.monoMs = monoMs;
    // The one asked for last stays; a bucket that is forgotten is full again, which its owner does not mind.
    this.#buckets.delete(owner);
    this.#buckets.set(owner, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_OWNERS && oldest !== undefined) this.#buckets.delete(oldest);
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / this.#perSecond) * 1000);
    bucket.tokens -= 1;
    return 0;
  }
}
