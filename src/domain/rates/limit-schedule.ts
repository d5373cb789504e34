/**
 * Limits by the time of day: `08:00-18:00 upload=1MB/s download=off`, several of them, the later before the earlier
 * where they overlap. Times are local and of the wall: over a change of the clock they are what the wall shows. Pure.
 */
import { parseRate } from './rate.js';

/** `peer`: with one peer, each way. `background`: what is given away and kept for others, each way. */
export const LIMIT_KINDS = ['upload', 'download', 'peer', 'background'] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];

/** Bytes a second; null: no limit. */
export type RateLimits = Readonly<Record<LimitKind, number | null>>;

export type ScheduledLimits = {
  /** Minutes since midnight; a span that ends before it begins goes on past midnight. */
  readonly from: number;
  readonly to: number;
  readonly limits: Partial<RateLimits>;
};

const DAY_MINUTES = 1440;

/** @returns undefined for what is none. */
export function parseScheduled(text: string): ScheduledLimits | undefined {
  const [span = '', ...said] = text.split(' ');
  const [, start = '', end = ''] = /^([\d:]{5})-([\d:]{5})$/.exec(span) ?? [];
  const [from, to] = [minuteOf(start), minuteOf(end)];
  if (from === undefined || to === undefined || from === to || from === DAY_MINUTES)
    return undefined;
  const limits: { [K in LimitKind]?: number | null } = {};
  for (const one of said) {
    const [, kind = '', typed = ''] = /^([a-z]+)=(\S+)$/.exec(one) ?? [];
    const rate = parseRate(typed);
    if (!isLimitKind(kind) || rate === undefined || kind in limits) return undefined;
    limits[kind] = rate;
  }
  return said.length === 0 ? undefined : { from, to, limits };
}

/** @param minute since midnight. @returns what holds then in place of the settings. */
export function limitsAt(
  schedule: readonly ScheduledLimits[],
  minute: number,
): Partial<RateLimits> {
  return Object.assign({}, ...schedule.filter((one) => isIn(one, minute)).map((one) => one.limits));
}

export function isLimitKind(value: unknown): value is LimitKind {
  return (LIMIT_KINDS as readonly unknown[]).includes(value);
}

function isIn({ from, to }: ScheduledLimits, minute: number): boolean {
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

function minuteOf(text: string): number | undefined {
  const [, hours, minutes] = /^(\d\d):(\d\d)$/.exec(text) ?? [];
  const minute = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && minute <= DAY_MINUTES ? minute : undefined;
}
