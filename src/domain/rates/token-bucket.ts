/** How much of something may happen: `perSecond` for ever, `burst` at once. */
export type Rate = { readonly perSecond: number; readonly burst: number };

/** Tokens as they stood at a moment; what has dripped in since is worked out when one is taken. */
export type Bucket = { readonly tokens: number; readonly at: number };

/** @returns the bucket with one token less, or undefined if there is none: a refusal changes nothing. */
export function takeToken(bucket: Bucket | undefined, rate: Rate, now: number): Bucket | undefined {
  const tokens = bucket === undefined ? rate.burst : filled(bucket, rate, now);
  return tokens < 1 ? undefined : { tokens: tokens - 1, at: now };
}

/** @returns the tokens there are at `now`. */
export function filled(bucket: Bucket, rate: Rate, now: number): number {
  const dripped = (Math.max(0, now - bucket.at) / 1000) * rate.perSecond;
  return Math.min(rate.burst, bucket.tokens + dripped);
}
